import ArgumentParser
import Client
import Domain
import Server
import Web

/// Actions that this instance serves itself.
struct ActionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "actions", abstract: "Keep copies of actions on this instance.", subcommands: [Mirror.self])

    struct Mirror: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy repositories of actions from another server, or bring copies up to date.",
            discussion: """
                They become read-only repositories of the same name here. Runners use them when actions.default_url is this \
                server, or by rows of actions.replace. Exit 1 when one cannot be copied; one that was there is then as it was. \
                Example: millrace actions mirror actions/checkout actions/cache
                """)
        @OptionGroup var options: ConfigOption
        @Option(
            help:
                "The server, an address or path that git knows; else actions.default_url, or https://github.com if that is this server."
        )
        var from: String?
        @Option(help: "The user or organization here that has them; else one of the same name as there.")
        var owner: String?
        @Argument(help: "Repositories, as owner/name.") var repositories: [String]

        func run() throws {
            var failed = 0
            try AdminCommand.guarded(options) { app in
                let server =
                    from.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } ?? app.configuration.mirrorSource
                for name in repositories {
                    do {
                        switch try ActionMirror(app: app).take(name, from: server, below: owner) {
                        case .made: say("\(name): copied from \(server)")
                        case .updated: say("\(name): brought up to date from \(server)")
                        }
                    } catch {
                        failed += 1
                        complain("millrace: \(name): \((error as? FailureConvertible)?.failure.message ?? "\(error)")")
                    }
                }
            }
            if failed > 0 { throw ExitCode(1) }
        }
    }
}
