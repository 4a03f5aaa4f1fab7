import ArgumentParser
import Domain
import Postgres

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
                say(#"{"pushes":[\#(pushes.map(\.json).joined(separator: ","))]}"#)
            } else {
                say(pushes.isEmpty ? "no push yet" : pushes.map(\.words).joined(separator: "\n"))
            }
            if pushes.contains(where: { $0.state == "quarantined" }) { throw ExitCode(1) }
        }
    }
}

extension InboxStore.PushView {
    /// Why it is as it is, in one or more lines.
    var reason: String {
        switch state {
        case "read": outcome.isEmpty ? "read" : outcome
        case "dropped": outcome.isEmpty ? "git did not take the push" : outcome
        case "quarantined": "put aside after \(tries) tries: \(problem)"
        default:
            if isTaken {
                "being read, try \(tries) of \(InboxLimits.triesMax)"
            } else if tries > 0 {
                "will be tried again, \(tries) of \(InboxLimits.triesMax) tries were made: \(problem)"
            } else {
                state == "confirmed" ? "waits to be read" : "git has not confirmed it yet"
            }
        }
    }

    fileprivate var words: String {
        let lines = reason.utf8.split(separator: 0x0A).map { "    " + String(Substring($0)) }
        return
            (["\(ref) \(after.prefix(10)) by \(isByJob ? "a job" : pusher) at \(RunJSON.time(createdAt))"]
            + lines)
            .joined(separator: "\n")
    }

    fileprivate var json: String {
        #"{"ref":"\#(jsonEscaped(ref))","before":"\#(before)","after":"\#(after)","pusher":"\#(jsonEscaped(pusher))","by_job":\#(isByJob),"state":"\#(state)","tries":\#(tries),"pushed_at":"\#(RunJSON.time(createdAt))","message":"\#(jsonEscaped(reason))"}"#
    }
}
