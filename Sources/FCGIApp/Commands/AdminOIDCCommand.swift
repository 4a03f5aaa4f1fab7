import ArgumentParser
import Server

struct AdminOIDCCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oidc", abstract: "Look after the keys of jobs' identity tokens.", subcommands: [Rotate.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign with a new key from now on, and print its id. The one before is published for a day.",
            discussion: "Example: millrace admin oidc rotate")
        @OptionGroup var options: ConfigOption

        func run() throws {
            try AdminCommand.guarded(options) { app in say(try IdentityKeys(app: app).rotate()) }
        }
    }
}
