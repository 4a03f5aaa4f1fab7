import ArgumentParser
import Server

struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Look at the configuration without starting anything.",
        discussion: "Example: millrace check-config --config /etc/millrace/millrace.yaml")

    @OptionGroup var options: ConfigOption
    @Flag(help: "Print a configuration file of all keys with their defaults instead.") var example = false
    @Flag(help: "Print docs/configuration.md instead.") var reference = false

    func run() throws {
        if example { return say(ConfigurationKey.exampleFile, terminator: "") }
        if reference { return say(ConfigurationKey.reference, terminator: "") }
        _ = try options.load()
        say("\(options.config) can be used")
    }
}
