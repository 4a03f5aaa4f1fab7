import ArgumentParser
import Domain
import Postgres
import Server
import Web

extension WhyCommand {
    /// When the clock starts workflows of a repository next.
    struct Schedule: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say when a repository's schedules fire next.",
            discussion: """
                One line for each line of `schedule` on the default branch, as it was read last. Times are UTC.
                Example: millrace why schedule ann/app
                """)
        @OptionGroup var options: ConfigOption
        @Flag(help: "Print one JSON object.") var json = false
        @Argument(help: "The repository, as owner/name.") var repository: String

        func run() throws {
            do {
                let app = try App(configuration: try options.load(), instance: "cli")
                let lines = try app.schedules.lines(of: try app.repository(written: repository).id)
                if json {
                    try sayJSON(SchedulesAnswer(schedules: lines.map(ScheduledLineAnswer.init)))
                } else {
                    say(
                        lines.isEmpty ? "no schedule on the default branch" : lines.map(\.words).joined(separator: "\n")
                    )
                }
            } catch {
                throw CleanExit.status(of: error)
            }
        }
    }
}

private struct SchedulesAnswer: Encodable {
    let schedules: [ScheduledLineAnswer]
}
