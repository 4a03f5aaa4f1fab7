import Domain
import Foundation
import Postgres
import Web

/// Starts workflows by the clock (workflows.md 7, docs/adr/0033): reads the lines of default branches anew where something may
/// have changed them, and fires what is due. On every instance at once; what one that died had taken, another does.
struct Schedules {
    /// How long a repository's files are left to whoever reads them.
    private static let leaseSeconds: Int64 = 60
    /// Lines fired between two looks at what is due.
    private static let page: Int64 = 100

    let app: App
    let isStopping: () -> Bool
    private let zones = ZoneFiles()

    init(app: App, isStopping: @escaping () -> Bool) {
        self.app = app
        self.isStopping = isStopping
    }

    func sweep() throws {
        zones.forget()
        try readSets()
        try fireDue()
    }

    // MARK: lines

    /// One repository that cannot be read stops no other: it is tried again when its lease is over.
    private func readSets() throws {
        while !isStopping(), let set = try app.schedules.takeSet(leaseSeconds: Self.leaseSeconds) {
            do {
                let (lines, hearsRuns) = try lines(of: set.repository)
                try app.schedules.replace(
                    set, by: lines.map { ($0, next($0.line, after: set.now)) }, hearsRuns: hearsRuns)
            } catch let error as PostgresError where error.isUnavailable {
                throw error
            } catch {
                app.log.warning(
                    "could not read schedules, will try again",
                    metadata: ["repo_id": "\(set.repository)", "err": "\(error)"])
            }
        }
    }

    /// None of a repository that is gone or archived, or without its default branch.
    ///
    /// - Returns: also whether a workflow lists `workflow_run`: else nobody is told of the repository's runs.
    private func lines(of id: RepositoryID) throws -> ([ScheduledLine], hearsRuns: Bool) {
        guard let repository = try app.repositories.repository(id), repository.details.mayStart else {
            return ([], false)
        }
        let git = GitReader(RepositoryFiles(configuration: app.configuration).directory(id))
        defer { git.close() }
        let files = WorkflowFiles(app: app, git: git)
        guard let place = try files.place(of: ["refs/heads/\(repository.defaultBranch)"]) else { return ([], false) }
        let disabled = try app.workflows.disabled(in: id)
        let entries = try files.entries(at: place).prefix(PlanningLimits.filesMax).filter {
            $0.size <= WorkflowLimits.fileBytesMax && $0.path.utf8.count <= WorkflowLimits.pathBytesMax
                && !disabled.contains(workflowID(ofPath: $0.path, app.configuration.workflows))
        }
        var lines: [ScheduledLine] = []
        var spent = 0
        var hearsRuns = false
        for (place, entry) in entries.enumerated() {
            guard let bytes = try git.object(entry.id, bytesMax: WorkflowLimits.fileBytesMax)?.bytes else { continue }
            let steps = stepsOfNextFile(spent: spent, filesLeft: entries.count - place)
            let file = WorkflowFile(bytes, path: entry.path, steps: steps)
            spent += file.parsingSteps
            lines += scheduledLines(of: file)
            hearsRuns = hearsRuns || file.triggers?[.workflowRun] != nil
        }
        if lines.count > ScheduleLimits.linesMax {
            app.log.warning(
                "too many schedules, the last are left out",
                metadata: ["repo_id": "\(id)", "count": "\(lines.count)", "max": "\(ScheduleLimits.linesMax)"])
        }
        return (Array(lines.prefix(ScheduleLimits.linesMax)), hearsRuns)
    }

    private func next(_ line: ScheduleLine, after now: Instant) -> Instant? {
        guard let schedule = try? line.schedule() else { return nil }
        return schedule.next(after: now, rules: zones.rules(of: schedule.zone))
    }

    // MARK: slots

    private func fireDue() throws {
        var last: ScheduleStore.Due?
        while !isStopping() {
            let due = try app.schedules.due(after: last, limit: Self.page)
            for id in due.map(\.id) where !isStopping() {
                do {
                    try app.schedules.fire(id) { slot, repository in
                        (try payload(of: slot.line, in: repository), next(slot.line.line, after: slot.now))
                    }
                } catch let error as PostgresError where error.isUnavailable {
                    throw error
                } catch {
                    app.log.error(
                        "could not fire a schedule, will try again",
                        metadata: ["schedule_id": "\(id)", "err": "\(error)"])
                }
            }
            guard let end = due.last, due.count == Int(Self.page) else { return }
            last = end
        }
    }

    private func payload(of line: ScheduledLine, in repository: Repository) throws -> String {
        let answer = SchedulePayload(
            schedule: line.line.cron, workflow: line.workflow,
            repository: JSONVerbatim(
                String(
                    decoding: try jsonText(RepositoryAnswer(repository, base: app.configuration.publicURL)),
                    as: UTF8.self)))
        return String(decoding: try jsonText(answer), as: UTF8.self)
    }
}

/// `github.event` of a run that the clock started (workflows.md 14).
private struct SchedulePayload: Encodable {
    let schedule: String
    let workflow: String
    let repository: JSONVerbatim
}

/// Rules of time zones from this host's tzdata; nil where it has none: those compiled in hold then.
final class ZoneFiles {
    private static let directory = "/usr/share/zoneinfo"
    private var known: [String: ZoneRules?] = [:]

    /// - Parameter zone: a name that there is (`CronSchedule.zone`), so never a path that leads elsewhere.
    func rules(of zone: String) -> ZoneRules? {
        if let found = known[zone] { return found }
        let bytes = FileManager.default.contents(atPath: "\(Self.directory)/\(zone)")
        let rules = bytes.flatMap { ZoneRules(tzif: Array($0)) }
        known[zone] = .some(rules)
        return rules
    }

    /// The host may have got new ones.
    func forget() { known = [:] }
}
