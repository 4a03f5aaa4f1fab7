/// One line of a workflow's `schedule` in a repository: what fires.
public struct ScheduledLine: Hashable, Sendable {
    /// The file's whole path.
    public let workflow: String
    public let line: ScheduleLine

    public init(workflow: String, line: ScheduleLine) {
        self.workflow = workflow
        self.line = line
    }
}

public enum ScheduleLimits {
    /// Lines of one repository; those behind them fire nothing.
    public static let linesMax = 1000
    /// Steps of all files that are read for their lines (``PlanningLimits``).
    public static let stepsMax = PlanningLimits.pushStepsMax
    /// How long a slot is remembered: longer than any instance may be late, or its clock wrong.
    public static let slotKeptSeconds: Int64 = 30 * 86_400
}

/// The lines of a file that fire; none when the file, or one of them, cannot be read: its author's push tells of that.
public func scheduledLines(of file: WorkflowFile) -> [ScheduledLine] {
    guard let filter = file.triggers?[.schedule], filter.fault == nil else { return [] }
    var seen: Set<ScheduleLine> = []
    return filter.schedules.filter { seen.insert($0).inserted }.map { ScheduledLine(workflow: file.path, line: $0) }
}
