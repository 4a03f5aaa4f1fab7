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
    /// File of the master key; "": the credential that systemd gives.
    package var masterKeyFile = ""
    /// Where runners find actions that a workflow names `owner/repo@ref`; no slash at the end (Gitea's DEFAULT_ACTIONS_URL).
    var defaultActionsURL = "https://github.com"
    /// Actions that steps use in the place of others.
    var actionReplacements = ActionReplacements.none
    /// Where `millrace actions mirror` copies from: a server is no source of itself.
    package var mirrorSource: String {
        defaultActionsURL == publicURL ? Configuration().defaultActionsURL : defaultActionsURL
    }
    /// Which workflow files are read, and which events start nothing.
    package var workflows = WorkflowRules()
    /// Who says who somebody is, beside the password.
    var oidc = OIDCConfiguration()
    /// Where webhooks may be sent to.
    package var webhookHosts = AllowedHosts.external
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
                try set(name, try Self.text(of: value, name, place), place: place)
            }
        }
    }

    /// A single value, a list as one with commas, or a table as one: `a=b,c=d`, as a variable of the environment would have it.
    private static func text(of node: Node, _ name: String, _ place: String) throws -> String {
        if let scalar = node.scalar?.string { return scalar }
        let key = ConfigurationKey.all.first { $0.name == name }
        if let items = node.sequence?.map(\.scalar?.string), !items.contains(nil), key?.takesList == true {
            return items.compactMap(\.self).joined(separator: ",")
        }
        guard let rows = node.mapping, key?.isTable == true else {
            throw Problem(description: "\(place): \"\(name)\" must be a single value")
        }
        return try rows.map { key, value in
            guard let from = key.scalar?.string, let to = value.scalar?.string,
                ![from, to].contains(where: { $0.contains(",") || $0.contains("=") })
            else { throw Problem(description: "\(place): each row of \"\(name)\" must be a name and a single value") }
            return "\(from)=\(to)"
        }.joined(separator: ",")
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

    /// `MILLRACE_SECTION_KEY`, or `MILLRACE_SECTION_KEY_FILE`, whose value names a file that holds the value.
    private mutating func takeEnvironment(_ environment: [String: String]) throws {
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("MILLRACE_") {
            // Other MILLRACE_ variables (a hook's, a script's) are not configuration: only known keys count.
            if let key = Self.key(ofVariable: variable) {
                try set(key.name, value, place: variable)
            } else if variable.hasSuffix("_FILE"),
                let key = Self.key(ofVariable: String(variable.dropLast("_FILE".count)))
            {
                guard let text = try? String(contentsOfFile: value, encoding: .utf8), let line = text.textLines.first
                else {
                    throw Problem(
                        description: "\(variable): could not read \"\(key.name)\" from the first line of \"\(value)\"")
                }
                try set(key.name, line, place: "\(variable) (\(value))")
            }
        }
    }

    private static func key(ofVariable variable: String) -> ConfigurationKey? {
        ConfigurationKey.all.first { $0.variable == variable }
    }

    private mutating func set(_ name: String, _ value: String, place: String) throws {
        guard let key = ConfigurationKey.all.first(where: { $0.name == name }) else {
            let known = ConfigurationKey.all.map(\.name).sorted().joined(separator: ", ")
            throw Problem(description: "\(place): unknown key \"\(name)\"; known are \(known)")
        }
        do { try key.set(&self, value) } catch let wrong as ConfigurationKey.WrongValue {
            throw Problem(description: "\(place): \"\(name)\" \(wrong.words)")
        }
    }
}
