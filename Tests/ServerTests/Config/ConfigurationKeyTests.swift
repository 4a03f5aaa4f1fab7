import Foundation
import TestSupport
import Testing

@testable import Server
@testable import Web

@Suite("The table of configuration keys")
struct ConfigurationKeyTests {
    private static func text(_ configuration: Configuration) -> String { String(reflecting: configuration) }

    private static func read(_ text: String, _ environment: [String: String] = [:]) throws -> Configuration {
        try Configuration.read(text, path: "m.yaml", environment: environment)
    }

    /// Another value than the default.
    private static func other(_ key: ConfigurationKey) -> String {
        switch key.name {
        case "artifacts.same_name": "replace"
        case "actions.replace": "a/b=c/d"
        case "workflows.cancel_outdated": "none"
        case "login.oidc_scopes": "openid groups"
        case _ where key.rule == "true or false": "true"
        case "server.addresses": "https://other.example"
        case _ where key.rule.contains("address"): "https://other.example"
        case _ where key.rule.contains("a time"): "7s"
        case _ where key.rule.contains("a size"): "9MiB"
        case _ where key.rule.contains("number"): "3"
        default: "other"
        }
    }

    @Test(
        "each key can be given in the file, by its variable, and by a file that the variable names",
        arguments: ConfigurationKey.all.indices)
    func everywhere(index: Int) throws {
        let key = ConfigurationKey.all[index]
        let parts = key.name.split(separator: ".")
        let value = Self.other(key)
        let unset = Self.text(try Self.read(""))
        let byFile = Self.text(try Self.read("\(parts[0]):\n  \(parts[1]): \"\(value)\"\n"))
        #expect(byFile != unset, "\(key.name) changes nothing")
        #expect(Self.text(try Self.read("", [key.variable: value])) == byFile)
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID().uuidString)")
        try Data("\(value)\r\nsecond line\n".utf8).write(to: secret)
        defer { try? FileManager.default.removeItem(at: secret) }
        #expect(Self.text(try Self.read("", [key.variable + "_FILE": secret.path])) == byFile)
    }

    @Test("names and variables are each key's own")
    func names() {
        #expect(Set(ConfigurationKey.all.map(\.name)).count == ConfigurationKey.all.count)
        #expect(Set(ConfigurationKey.all.map(\.variable)).count == ConfigurationKey.all.count)
    }

    @Test("a file that cannot be read is named with its variable")
    func noFile() {
        let problem = #expect(throws: Configuration.Problem.self) {
            try Self.read("", ["MILLRACE_DATABASE_DSN_FILE": "/nowhere/dsn"])
        }
        #expect(
            problem?.description
                == "MILLRACE_DATABASE_DSN_FILE: could not read \"database.dsn\" from the first line of \"/nowhere/dsn\""
        )
    }

    @Test("a fraction of a second is refused where only whole ones count")
    func fractions() throws {
        let problem = #expect(throws: Configuration.Problem.self) { try Self.read("tasks:\n  silent_after: 1.5s\n") }
        #expect(problem?.description.contains("whole seconds") == true)
        #expect(try Self.read("tasks:\n  silent_after: 1.5m\n").recovery.silentSeconds == 90)
    }

    @Test("the example file is the defaults, also with every key taken out of its comment")
    func example() throws {
        let file = ConfigurationKey.exampleFile
        #expect(Self.text(try Self.read(file)) == Self.text(Configuration()))
        let names = Set(ConfigurationKey.all.map { String($0.name.split(separator: ".")[1]) })
        let opened = file.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let key = line.drop { $0 == " " || $0 == "#" }.prefix { $0 != ":" }
            let isKey = names.contains(String(key)) && line.hasPrefix("  # ")
            return isKey ? line.replacing("  # ", with: "  ", maxReplacements: 1) : line
        }.joined(separator: "\n")
        #expect(Self.text(try Self.read(opened)) == Self.text(Configuration()))
        #expect(opened.contains("\n  poll_hold: 25s\n"))
    }

    @Test("the reference page is current (to make it anew: millrace check-config --reference > docs/configuration.md)")
    func reference() throws {
        let page = try String(contentsOf: projectRoot.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        #expect(page == ConfigurationKey.reference)
    }
}
