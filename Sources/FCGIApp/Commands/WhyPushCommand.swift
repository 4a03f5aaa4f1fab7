import ArgumentParser
import Domain
import Postgres
import Server
import Web

extension WhyCommand {
    /// What became of the latest pushes of a repository.
    struct Push: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what became of a repository's latest pushes.",
            discussion: """
                One paragraph a pushed ref, newest first: what each workflow file made of it, or why it is not read yet.
                Exit 1 when a push was put aside. Example: millrace why push ann/app
                """)
        @OptionGroup var options: ConfigOption
        @Flag(help: "Print one JSON object.") var json = false
        @Argument(help: "The repository, as owner/name.") var repository: String

        func run() throws {
            let pushes: [InboxStore.PushView]
            do {
                let app = try App(configuration: try options.load(), instance: "cli")
                pushes = try app.inbox.latest(of: try app.repository(written: repository).id)
            } catch {
                throw CleanExit.status(of: error)
            }
            if json {
                try sayJSON(PushesAnswer(pushes: pushes.map(PushAnswer.init)))
            } else {
                say(pushes.isEmpty ? "no push yet" : pushes.map(\.words).joined(separator: "\n"))
            }
            if pushes.contains(where: { $0.state == "quarantined" }) { throw ExitCode(1) }
        }
    }
}

private struct PushesAnswer: Encodable {
    let pushes: [PushAnswer]
}
