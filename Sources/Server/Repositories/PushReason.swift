import Domain
import Postgres
import Web

extension InboxStore.PushView {
    /// Why it is as it is, in one or more lines.
    package var reason: String {
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

    package var words: String {
        let lines = reason.utf8.split(separator: 0x0A).map { "    " + String(Substring($0)) }
        return
            (["\(ref) \(after.prefix(10)) by \(isByJob ? "a job" : pusher) at \(clockText(createdAt))"]
            + lines)
            .joined(separator: "\n")
    }

    package var json: String {
        #"{"ref":"\#(jsonEscaped(ref))","before":"\#(before)","after":"\#(after)","pusher":"\#(jsonEscaped(pusher))","by_job":\#(isByJob),"state":"\#(state)","tries":\#(tries),"pushed_at":"\#(clockText(createdAt))","message":"\#(jsonEscaped(reason))"}"#
    }
}
