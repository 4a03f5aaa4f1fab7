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
}

/// The same as JSON.
package struct PushAnswer: Encodable, Sendable {
    let ref: String
    let before: String
    let after: String
    let pusher: String
    let by_job: Bool
    let state: String
    let tries: Int64
    let pushed_at: String
    let message: String

    package init(_ push: InboxStore.PushView) {
        ref = push.ref
        before = push.before
        after = push.after
        pusher = push.pusher
        by_job = push.isByJob
        state = push.state
        tries = push.tries
        pushed_at = clockText(push.createdAt)
        message = push.reason
    }
}
