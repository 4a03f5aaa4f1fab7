import ArgumentParser
import Domain
import Postgres
import Server
import Web

/// `millrace why`: what a job waits for, or why a runner is idle. The same words as in the page and the API.
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a job waits, a runner is idle, a push started nothing, or when a schedule fires.",
        discussion: "Example: millrace why job ann/app 17 --config millrace.yaml",
        subcommands: [Job.self, Runner.self, Push.self, Schedule.self])

    struct Job: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a job waits.", discussion: "Example: millrace why job ann/app 17")
        @OptionGroup var options: ConfigOption
        @Flag(help: "Print one JSON object.") var json = false
        @Argument(help: "The repository, as owner/name.") var repository: String
        @Argument(help: "The job's id, as in its address.") var job: Int64

        func run() throws {
            try WhyCommand.answer(options, json: json) { app in
                let found = try app.repository(written: repository)
                guard let reason = try app.waits.why(job: JobID(job), in: found.id) else {
                    throw Failure(.missing, "\(found.fullName) has no job \(job)")
                }
                return reason
            }
        }
    }

    struct Runner: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a runner is idle.", discussion: "Example: millrace why runner 3")
        @OptionGroup var options: ConfigOption
        @Flag(help: "Print one JSON object.") var json = false
        @Argument(help: "The runner's id.") var runner: Int64

        func run() throws {
            try WhyCommand.answer(options, json: json) { app in
                guard let reason = try app.waits.why(runner: RunnerID(runner)) else {
                    throw Failure(.missing, "there is no runner \(runner)")
                }
                return reason
            }
        }
    }

    private static func answer(_ options: ConfigOption, json: Bool, _ body: (App) throws -> Reason) throws {
        do {
            let reason = try body(try App(configuration: try options.load(), instance: "cli"))
            say(json ? harmlessJSON(String(decoding: try jsonText(ReasonAnswer(reason)), as: UTF8.self)) : reason.words)
        } catch {
            throw CleanExit.status(of: error)
        }
    }
}
