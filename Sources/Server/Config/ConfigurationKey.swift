import Domain
import Web

/// One key of millrace.yaml: what it is called, what it takes, where it is kept and what it is for.
///
/// The file, the environment, `millrace check-config`, docs/configuration.md and the example file are made from the table
/// `all`; a key that is not in it does not exist.
package struct ConfigurationKey: Sendable {
    struct WrongValue: Error {
        /// Goes on after the key's name: `is "x"; it must be …`.
        let words: String

        init(_ value: String, _ rule: String) { words = "is \"\(value)\"; it must be \(rule)" }
        init(words: String) { self.words = words }
    }

    /// `section.key`.
    package let name: String
    /// What it takes, for the reference.
    package let rule: String
    /// The default as it would be written; "" when there is none.
    package let standard: String
    /// What it is for, and when to change it.
    package let words: String
    let set: @Sendable (inout Configuration, String) throws -> Void
    /// The file may have a mapping in the place of the text.
    var isTable = false

    /// Its value may be written as a sequence.
    package var takesList: Bool { rule.contains("with commas between them") }

    /// The variable of the environment that replaces the file's value.
    package var variable: String {
        "MILLRACE_" + name.uppercased().replacing(".", with: "_")
    }

    init(
        _ name: String, rule: String, standard: String, _ words: String,
        set: @escaping @Sendable (inout Configuration, String) throws -> Void
    ) {
        self.name = name
        self.rule = rule
        self.standard = standard
        self.words = words
        self.set = set
    }

    private typealias Path<Value> = WritableKeyPath<Configuration, Value> & Sendable

    private static func text(_ name: String, _ path: Path<String>, _ words: String) -> Self {
        Self(name, rule: "a text", standard: Configuration()[keyPath: path], words) { $0[keyPath: path] = $1 }
    }

    private static func count(_ name: String, _ range: ClosedRange<Int>, _ path: Path<Int>, _ words: String) -> Self {
        let rule = "a number from \(range.lowerBound) to \(range.upperBound)"
        return Self(name, rule: rule, standard: "\(Configuration()[keyPath: path])", words) { configuration, value in
            guard let number = Int(value), range.contains(number) else { throw WrongValue(value, rule) }
            configuration[keyPath: path] = number
        }
    }

    private static func rule(of range: ClosedRange<Int64>, whole: Bool) -> String {
        "a time such as \"25s\", \"10m\", \"3h\" or \"365d\", from \(range.lowerBound) to \(range.upperBound)"
            + (whole ? " whole seconds" : " seconds")
    }

    /// A fraction of a second counts.
    private static func duration(
        _ name: String, _ range: ClosedRange<Int64>, _ path: Path<Double>, _ words: String
    ) -> Self {
        let rule = rule(of: range, whole: false)
        return Self(
            name, rule: rule, standard: Quantity.words(seconds: Int64(Configuration()[keyPath: path])), words
        ) { configuration, value in
            guard let seconds = Quantity.seconds(value),
                (Double(range.lowerBound)...Double(range.upperBound)).contains(seconds)
            else { throw WrongValue(value, rule) }
            configuration[keyPath: path] = seconds
        }
    }

    private static func seconds(
        _ name: String, _ range: ClosedRange<Int64>, _ path: Path<Int64>, _ words: String
    ) -> Self {
        let rule = rule(of: range, whole: true)
        return Self(
            name, rule: rule, standard: Quantity.words(seconds: Configuration()[keyPath: path]), words
        ) { $0[keyPath: path] = try wholeSeconds($1, range, rule) }
    }

    /// `none` stands for "never".
    private static func secondsOrNone(
        _ name: String, _ range: ClosedRange<Int64>, _ path: Path<Int64?>, _ words: String
    ) -> Self {
        let rule = rule(of: range, whole: true) + ", or \"none\""
        return Self(
            name, rule: rule, standard: Configuration()[keyPath: path].map(Quantity.words(seconds:)) ?? "none", words
        ) { $0[keyPath: path] = $1 == "none" ? nil : try wholeSeconds($1, range, rule) }
    }

    private static func wholeSeconds(_ value: String, _ range: ClosedRange<Int64>, _ rule: String) throws -> Int64 {
        guard let seconds = Quantity.seconds(value), let whole = Int64(exactly: seconds), range.contains(whole) else {
            throw WrongValue(value, rule)
        }
        return whole
    }

    private static func rule(ofBytes range: ClosedRange<Int64>) -> String {
        "a size such as \"100MiB\" or \"10GiB\", from \(range.lowerBound) to \(range.upperBound) bytes"
    }

    private static func bytes(
        _ name: String, _ range: ClosedRange<Int64>, _ path: Path<Int64>, _ words: String
    ) -> Self {
        let rule = rule(ofBytes: range)
        return Self(
            name, rule: rule, standard: Quantity.words(bytes: Configuration()[keyPath: path]), words
        ) { configuration, value in
            guard let bytes = Quantity.bytes(value), range.contains(bytes) else { throw WrongValue(value, rule) }
            configuration[keyPath: path] = bytes
        }
    }

    /// `none` stands for "no limit".
    private static func quota(_ name: String, _ path: Path<Int64?>, _ words: String) -> Self {
        let range: ClosedRange<Int64> = 0...(1 << 60)
        let rule = rule(ofBytes: range) + ", or \"none\""
        return Self(name, rule: rule, standard: "none", words) { configuration, value in
            guard value != "none" else { return configuration[keyPath: path] = nil }
            guard let bytes = Quantity.bytes(value), range.contains(bytes) else { throw WrongValue(value, rule) }
            configuration[keyPath: path] = bytes
        }
    }

    private static let century: Int64 = 100 * 365 * 86_400
    private static let month: Int64 = 30 * 86_400

    /// By section, in the order of the example file.
    package static let all: [ConfigurationKey] =
        server + workflows + webhooks + storage + secrets + login + tasks + logs + artifacts

    private static let server: [ConfigurationKey] = [
        Self(
            "server.public_url", rule: "an address", standard: Configuration().publicURL,
            "The address by which clients reach this server, with its sub-path if it has one."
        ) { $0.publicURL = $1.hasSuffix("/") ? String($1.dropLast()) : $1 },
        Self(
            "server.addresses", rule: "addresses with commas between them", standard: "",
            "Other addresses by which clients reach this server; what they are given then begins with theirs.",
            set: addresses),
        text("server.socket_dir", \.socketDirectory, "The directory of the sockets that nginx connects to."),
        count(
            "server.work_threads", 1...512, \.workThreads,
            "Requests worked on at once. More help only while requests wait for PostgreSQL."),
        Self(
            "actions.default_url", rule: "an http or https address", standard: Configuration().defaultActionsURL,
            "Where runners find actions that a workflow names owner/repo@ref."
        ) { configuration, value in
            guard value.hasPrefix("https://") || value.hasPrefix("http://"), !value.contains("\u{0}") else {
                throw WrongValue(value, "an http or https address")
            }
            configuration.defaultActionsURL = value.hasSuffix("/") ? String(value.dropLast()) : value
        },
        replacements,
    ]

    /// In the file a mapping, in the environment `from=to,from=to`.
    private static let replacements: ConfigurationKey = {
        var key = Self(
            "actions.replace",
            rule:
                "a mapping of owner/repository[/path][@ref] to the same or to an address (FROM=TO,… in the environment)",
            standard: "",
            "Actions that steps use in the place of others, in what runners get. A name without @ref stands for every ref, which stays, and for what is below it. The run's page tells what was replaced."
        ) { $0.actionReplacements = try Self.replacements($1) }
        key.isTable = true
        return key
    }()

    @Sendable private static func addresses(_ configuration: inout Configuration, _ value: String) throws {
        guard !value.isEmpty else { return configuration.addresses = [] }
        configuration.addresses = try value.split(separator: ",", omittingEmptySubsequences: false).map {
            let text = $0.trimmingPrefix { $0 == " " }
            guard let address = ClientAddress(String(text)) else {
                throw WrongValue(
                    words:
                        "has \"\(text)\"; it must be addresses such as \"https://ci.example\" or "
                        + "\"http://10.0.0.5:3000\", without a path, with commas between them")
            }
            return address
        }
    }

    /// Texts with commas between them, none of them empty.
    static func list(
        _ value: String, countMax: Int, _ read: (String) throws -> String
    ) throws -> [String] {
        let parts = value.split(byte: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard !parts.contains(""), parts.count <= countMax else {
            throw WrongValue(value, "from 1 to \(countMax) texts with commas between them, none of them empty")
        }
        return try parts.map(read)
    }

    private static let storage: [ConfigurationKey] = [
        text(
            "database.dsn", \.databaseDSN,
            "How PostgreSQL is reached, in libpq's words; a password belongs into a file (MILLRACE_DATABASE_DSN_FILE)."),
        Self(
            "database.listen_dsn", rule: "a text", standard: "",
            "The same for notifications, when database.dsn leads through PgBouncer, which passes none on."
        ) { $0.listenDSN = $1.isEmpty ? nil : $1 },
        count(
            "database.pool", 1...200, \.databasePool,
            "Connections for requests; housekeeping has others of its own. PostgreSQL's max_connections must allow both."
        ),
        text("database.migrations_dir", \.migrationsDirectory, "The directory of the migrations."),
        text("database.checks_dir", \.checksDirectory, "The directory of the checks of millrace verify."),
        text("storage.dir", \.storageDirectory, "Logs and artifacts; shared by all hosts."),
        text("git.repositories_dir", \.repositoriesDirectory, "Repositories; shared by all hosts."),
    ]

    private static let secrets: [ConfigurationKey] = [
        text(
            "secrets.master_key_file", \.masterKeyFile,
            "File of the key that wraps all other keys, 64 hexadecimal digits on a line (openssl rand -hex 32). Without it, the systemd credential millrace-master-key; without either, secrets are not served."
        )
    ]

    private static let tasks: [ConfigurationKey] = [
        duration(
            "tasks.poll_hold", 0...50, \.pollHoldSeconds,
            "How long a runner's request for work is held; below nginx's fastcgi_read_timeout (60s)."),
        count(
            "tasks.looks_max", 0...100_000, \.looksMax,
            "Requests that may stand before a runner's request for work; beyond it a runner is told to come again. 0: never look."
        ),
        duration(
            "tasks.fair_spacing", 0...86_400, \.fairSpacingSeconds,
            "Fair shares of the runners between owners; 0: oldest first."),
        seconds(
            "tasks.unheard_after", 1...3600, \.recovery.unheardSeconds,
            "A task of which its runner never said a word goes back to the queue after this."),
        seconds(
            "tasks.silent_after", 1...86_400, \.recovery.silentSeconds,
            "A task whose runner fell silent fails after this."),
        seconds(
            "tasks.overlong_after", 1...2_592_000, \.recovery.overlongSeconds,
            "A task fails after this, unless its job says timeout-minutes."),
        seconds(
            "tasks.timeout_grace", 0...86_400, \.recovery.timeoutGraceSeconds,
            "How much longer than timeout-minutes a task may take, so that its runner ends it first."),
        seconds(
            "tasks.restart_silence", 1...3600, \.recovery.restartSilenceSeconds,
            "A task whose runner came back without it fails after this silence."),
        seconds(
            "tasks.abandoned_after", 1...31_536_000, \.recovery.abandonedSeconds,
            "A job that nothing starts is cancelled after this."),
        seconds(
            "tasks.spent_grace", 1...86_400, \.spentGraceSeconds,
            "How long an ephemeral runner may still tell of its one task after that has ended."),
    ]

    private static let logs: [ConfigurationKey] = [
        secondsOrNone(
            "runs.retention", 1...century, \.runRetentionSeconds,
            "Finished runs older than this are removed with all that is theirs; none: never."),
        seconds(
            "logs.seal_grace", 0...86_400, \.sealGraceSeconds,
            "A log is sealed this long after its end; rows that come until then are taken."),
        seconds("logs.retention", 1...century, \.logRetentionSeconds, "Logs older than this are removed."),
        bytes(
            "logs.task_bytes_max", (1 << 20)...(1 << 40), \.logTaskBytesMax,
            "Bytes of text kept of one task's log; what is beyond is dropped, and one line says so."),
    ]

    private static let artifacts: [ConfigurationKey] = [
        seconds(
            "artifacts.retention", 1...century, \.artifacts.retentionSeconds,
            "How long artifacts are kept whose upload says nothing."),
        seconds(
            "artifacts.retention_max", 1...century, \.artifacts.retentionSecondsMax, "Longer wishes are cut to it."),
        Self(
            "artifacts.same_name", rule: "\"refuse\" or \"replace\"",
            standard: ArtifactConfiguration().sameName.rawValue,
            "What a second artifact of one name in one attempt meets."
        ) { configuration, value in
            guard let policy = SameNamePolicy(rawValue: value) else {
                throw WrongValue(value, "\"refuse\" or \"replace\"")
            }
            configuration.artifacts.sameName = policy
        },
        bytes(
            "artifacts.block_bytes_max", (8 << 20)...(4000 << 20), \.artifacts.blockBytesMax,
            "Bytes of one block or chunk; client_max_body_size in nginx/millrace.conf must not be smaller."),
        quota("artifacts.repository_quota", \.artifacts.repositoryQuota, "Bytes of all artifacts of a repository."),
        quota("artifacts.owner_quota", \.artifacts.ownerQuota, "Bytes of all artifacts of an owner's repositories."),
        Self(
            "artifacts.keep_last", rule: "a number from 0 to 1000000", standard: "0",
            "Artifacts of one name and workflow that stay, the newest; 0: all."
        ) { configuration, value in
            guard let number = Int64(value), (0...1_000_000).contains(number) else {
                throw WrongValue(value, "a number from 0 to 1000000")
            }
            configuration.artifacts.keepLast = number
        },
        seconds(
            "artifacts.abandoned_after", 1...month, \.artifacts.abandonedSeconds,
            "An upload whose job is over is given up when nothing has come for so long."),
        seconds(
            "artifacts.garbage_after", 1...month, \.artifacts.garbageSeconds,
            "Bytes that no row names are removed when they are as old; well above the length of any request."),
    ]
}

extension ConfigurationKey {
    /// docs/configuration.md.
    package static var reference: String {
        var text = """
            # Configuration

            `millrace.yaml` has sections of keys. Each key can be given by a variable of the environment instead, which wins over
            the file, or by the same variable with `_FILE`, whose value names a file with the value on its first line. An unknown
            key or a wrong value stops the start with the file and the line. `millrace check-config` looks without starting,
            and with `--example` prints a file of all keys with their defaults.

            Made from `Sources/Server/Config/ConfigurationKey.swift`; to make it anew: `millrace check-config --reference`.

            | key | takes | default | what it is for |
            | --- | --- | --- | --- |

            """
        for key in all {
            let standard = key.standard.isEmpty ? "" : "`\(key.standard)`"
            text += "| `\(key.name)` | \(key.rule) | \(standard) | \(key.words) |\n"
        }
        return text
    }

    /// As YAML takes it for a text.
    private static func shown(_ standard: String) -> String {
        standard.isEmpty || standard.utf8.first == UInt8(ascii: "[") ? "\"\(standard)\"" : standard
    }

    /// A file that says what is so without it.
    package static var exampleFile: String {
        var text = "# millrace.yaml: every key with its default; take the # away to change one.\n"
        var section = ""
        for key in all {
            let parts = key.name.split(byte: ".")
            if parts[0] != section { text += "\n\(parts[0]):\n" }
            section = parts[0]
            text += "  # \(key.words) Takes \(key.rule).\n"
            text += "  # \(parts[1]): \(shown(key.standard))\n"
        }
        return text
    }
}
