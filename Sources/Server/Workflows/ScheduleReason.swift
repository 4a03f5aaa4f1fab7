import Domain
import Postgres

extension ScheduleStore.View {
    /// One line for people.
    package var words: String {
        let zone = line.line.timezone.map { " (\($0))" } ?? ""
        let when = nextAt.map { "fires next at \(clockText($0))" } ?? "never fires"
        return "\(line.workflow): \"\(line.line.cron)\"\(zone) \(when)"
    }
}

/// The same as JSON.
package struct ScheduledLineAnswer: Encodable, Sendable {
    let workflow: String
    let cron: String
    let timezone: String
    let next_run_at: String?

    package init(_ view: ScheduleStore.View) {
        workflow = view.line.workflow
        cron = view.line.line.cron
        timezone = view.line.line.timezone ?? ""
        next_run_at = view.nextAt.map { clockText($0) }
    }
}
