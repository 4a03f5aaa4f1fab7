import Domain
import Foundation
import Web
import Yams

/// millrace.yaml, checked: an unknown key or a bad value is an error with its line.
package struct Configuration: Sendable {
    package var publicURL = "http://127.0.0.1:3000"
    /// Other addresses by which clients reach this server; what they are given then begins with theirs.
    package var addresses: [ClientAddress] = []
    package var socketDirectory = "/run/millrace"
    package var workThreads = 16
    package var databaseDSN = "dbname=millrace"
    var listenDSN: String?
    var databasePool = 8
    package var migrationsDirectory = "sql/migrations"
    package var checksDirectory = "sql/checks"
    package var storageDirectory = "/var/lib/millrace"
    var repositoriesDirectory = "/var/lib/millrace/repositories"
    var pollHoldSeconds = 25.0
    /// Requests that may stand before a FetchTask; beyond it a runner is told that nothing was proven. 0: never look.
    var looksMax = 1000
    /// Fair shares of the runners between owners; 0: oldest first.
    var fairSpacingSeconds = 0.0
    var recovery = RecoveryLimits()
    /// How long an ephemeral runner may still tell of its one task after that has ended.
    var spentGraceSeconds: Int64 = 600
    /// After a log has ended it is sealed; rows that come until then are taken (runner.md 5.1).
    var sealGraceSeconds: Int64 = 60
    /// Bytes of text kept of one task's log; what is beyond is dropped, and one line says so.
    var logTaskBytesMax = LogLimits.taskBytesDefault
    var logRetentionSeconds: Int64 = 365 * 86_400
    /// Finished runs older than this are removed with all that is theirs; nil: never.
    var runRetentionSeconds: Int64? = 400 * 86_400
    package var artifacts = ArtifactConfiguration()
    /// Where runners find actions that a workflow names `owner/repo@ref`; no slash at the end (Gitea's DEFAULT_ACTIONS_URL).
    var defaultActionsURL = "https://github.com"
    /// The file itself, absolute: hooks are given it.
    var path = ""

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    package static func load(_ path: String) throws -> Configuration {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(description: "could not read the configuration \"\(path)\"; name it with --config FILE")
        }
        var configuration = try read(text, path: path, environment: ProcessInfo.processInfo.environment)
        configuration.path = URL(fileURLWithPath: path).standardizedFileURL.path
        return configuration
    }

    /// - Parameter path: only for what is said of mistakes.
    static func read(_ text: String, path: String, environment: [String: String]) throws -> Configuration {
        var configuration = Configuration()
        try configuration.takeFile(text, path: path)
        try configuration.takeEnvironment(environment)
        return configuration
    }

    private mutating func takeFile(_ text: String, path: String) throws {
        guard let root = try Self.composed(text, path: path), !Self.isEmpty(root) else { return }
        guard let sections = root.mapping else {
            throw Problem(description: "\(path): expected sections at the top level")
        }
        // A section whose keys are all commented out is none.
        for (section, content) in sections where !Self.isEmpty(content) {
            guard let keys = content.mapping else {
                throw Problem(
                    description: "\(path):\(section.mark?.line ?? 0): \"\(section.string ?? "")\" must hold keys")
            }
            for (key, value) in keys {
                let name = "\(section.string ?? "").\(key.string ?? "")"
                let place = "\(path):\(key.mark?.line ?? 0)"
                guard let scalar = value.scalar?.string else {
                    throw Problem(description: "\(place): \"\(name)\" must be a single value")
                }
                try set(name, scalar, place: place)
            }
        }
    }

    private static func isEmpty(_ node: Node) -> Bool { node.scalar?.string.isEmpty == true }

    private static func composed(_ text: String, path: String) throws -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw Problem(description: "\(path):\(mark.line): \(problem)")
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            throw Problem(
                description: "\(path):\(context.mark.line): a key is given twice: "
                    + keys.map { "\"\($0)\"" }.joined(separator: ", "))
        } catch {
            throw Problem(description: "\(path): could not be read as YAML: \(error)")
        }
    }

    private mutating func takeEnvironment(_ environment: [String: String]) throws {
        for (variable, value) in environment where variable.hasPrefix("MILLRACE_") {
            let parts = variable.dropFirst("MILLRACE_".count).lowercased().split(separator: "_", maxSplits: 1)
            // Other MILLRACE_ variables (a hook's, a script's) are not configuration: only known keys count.
            guard parts.count == 2, Self.known.contains("\(parts[0]).\(parts[1])") else { continue }
            try set("\(parts[0]).\(parts[1])", value, place: variable)
        }
    }

    private static let known: Set<String> = [
        "actions.default_url", "server.public_url", "server.addresses", "server.socket_dir", "server.work_threads",
        "database.dsn",
        "database.listen_dsn",
        "database.pool", "database.migrations_dir", "database.checks_dir", "storage.dir", "git.repositories_dir",
        "artifacts.retention", "artifacts.retention_max", "artifacts.same_name", "artifacts.block_bytes_max",
        "artifacts.repository_quota", "artifacts.owner_quota", "artifacts.keep_last", "artifacts.abandoned_after",
        "artifacts.garbage_after", "runs.retention", "logs.seal_grace", "logs.retention", "logs.task_bytes_max",
        "tasks.poll_hold",
        "tasks.looks_max", "tasks.fair_spacing", "tasks.unheard_after", "tasks.silent_after", "tasks.overlong_after",
        "tasks.restart_silence", "tasks.timeout_grace", "tasks.abandoned_after", "tasks.spent_grace",
    ]

    private mutating func set(_ name: String, _ value: String, place: String) throws {
        func count(_ range: ClosedRange<Int>) throws -> Int {
            guard let number = Int(value), range.contains(number) else {
                throw Problem(
                    description:
                        "\(place): \"\(name)\" is \"\(value)\"; it must be a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        func duration(_ range: ClosedRange<Double>) throws -> Double {
            guard let seconds = Quantity.seconds(value), range.contains(seconds) else {
                throw Problem(
                    description:
                        "\(place): \"\(name)\" is \"\(value)\"; it must be a time such as \"25s\", \"10m\", \"3h\" or \"365d\", "
                        + "from \(Int64(range.lowerBound)) to \(Int64(range.upperBound)) seconds")
            }
            return seconds
        }
        func bytes(_ range: ClosedRange<Int64>) throws -> Int64 {
            guard let bytes = Quantity.bytes(value), range.contains(bytes) else {
                throw Problem(
                    description:
                        "\(place): \"\(name)\" is \"\(value)\"; it must be a size such as \"100MiB\" or \"10GiB\", "
                        + "from \(range.lowerBound) to \(range.upperBound) bytes")
            }
            return bytes
        }
        func quota() throws -> Int64? { value == "none" ? nil : try bytes(0...(1 << 60)) }
        switch name {
        case "server.public_url": publicURL = value.hasSuffix("/") ? String(value.dropLast()) : value
        case "server.addresses":
            addresses = try value.split(separator: ",", omittingEmptySubsequences: false).map {
                let text = $0.trimmingPrefix { $0 == " " }
                guard let address = ClientAddress(String(text)) else {
                    throw Problem(
                        description:
                            "\(place): \"\(name)\" has \"\(text)\"; it must be addresses such as \"https://ci.example\" or "
                            + "\"http://10.0.0.5:3000\", without a path, with commas between them")
                }
                return address
            }
        case "actions.default_url":
            guard value.hasPrefix("https://") || value.hasPrefix("http://"), !value.contains("\u{0}") else {
                throw Problem(
                    description: "\(place): \"\(name)\" is \"\(value)\"; it must be an http or https address")
            }
            defaultActionsURL = value.hasSuffix("/") ? String(value.dropLast()) : value
        case "server.socket_dir": socketDirectory = value
        case "server.work_threads": workThreads = try count(1...512)
        case "database.dsn": databaseDSN = value
        case "database.listen_dsn": listenDSN = value
        case "database.pool": databasePool = try count(1...200)
        case "database.migrations_dir": migrationsDirectory = value
        case "database.checks_dir": checksDirectory = value
        case "storage.dir": storageDirectory = value
        case "git.repositories_dir": repositoriesDirectory = value
        case "tasks.poll_hold": pollHoldSeconds = try duration(0...50)
        case "tasks.looks_max": looksMax = try count(0...100_000)
        case "tasks.fair_spacing": fairSpacingSeconds = try duration(0...86_400)
        case "tasks.unheard_after": recovery.unheardSeconds = Int64(try duration(1...3600))
        case "tasks.silent_after": recovery.silentSeconds = Int64(try duration(1...86_400))
        case "tasks.overlong_after": recovery.overlongSeconds = Int64(try duration(1...2_592_000))
        case "tasks.timeout_grace": recovery.timeoutGraceSeconds = Int64(try duration(0...86_400))
        case "tasks.restart_silence": recovery.restartSilenceSeconds = Int64(try duration(1...3600))
        case "tasks.abandoned_after": recovery.abandonedSeconds = Int64(try duration(1...31_536_000))
        case "tasks.spent_grace": spentGraceSeconds = Int64(try duration(1...86_400))
        case "logs.seal_grace": sealGraceSeconds = Int64(try duration(0...86_400))
        case "logs.task_bytes_max": logTaskBytesMax = try bytes((1 << 20)...(1 << 40))
        case "artifacts.retention": artifacts.retentionSeconds = Int64(try duration(1...(100 * 365 * 86_400)))
        case "artifacts.retention_max": artifacts.retentionSecondsMax = Int64(try duration(1...(100 * 365 * 86_400)))
        case "artifacts.same_name":
            guard let policy = SameNamePolicy(rawValue: value) else {
                throw Problem(
                    description: "\(place): \"\(name)\" is \"\(value)\"; it must be \"refuse\" or \"replace\"")
            }
            artifacts.sameName = policy
        case "artifacts.block_bytes_max": artifacts.blockBytesMax = try bytes((8 << 20)...(4000 << 20))
        case "artifacts.repository_quota": artifacts.repositoryQuota = try quota()
        case "artifacts.owner_quota": artifacts.ownerQuota = try quota()
        case "artifacts.keep_last": artifacts.keepLast = Int64(try count(0...1_000_000))
        case "artifacts.abandoned_after": artifacts.abandonedSeconds = Int64(try duration(1...2_592_000))
        case "artifacts.garbage_after": artifacts.garbageSeconds = Int64(try duration(1...2_592_000))
        case "runs.retention":
            runRetentionSeconds = value == "none" ? nil : Int64(try duration(1...(100 * 365 * 86_400)))
        case "logs.retention": logRetentionSeconds = Int64(try duration(1...(100 * 365 * 86_400)))
        default:
            throw Problem(
                description:
                    "\(place): unknown key \"\(name)\"; known are \(Self.known.sorted().joined(separator: ", "))")
        }
    }
}
