import ArgumentParser
import Domain
import Server

struct AdminURLKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url-key", abstract: "Look after the keys of artifacts' addresses.", subcommands: [Rotate.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Sign addresses with a new key in a minute, and print its id. The one before verifies for 7 hours.",
            discussion: "Example: millrace admin url-key rotate")
        @OptionGroup var options: ConfigOption

        func run() throws {
            try AdminCommand.guarded(options) { app in say("\(try app.urlKeys.rotate())") }
        }
    }
}
