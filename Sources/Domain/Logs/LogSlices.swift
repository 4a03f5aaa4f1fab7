/// One step as its runner reported it: rows `index` to `index + length` of the task's log, which it may get wrong.
public struct LogStep: Equatable, Sendable {
    public let name: String
    public let status: Status
    public let index: Int64
    public let length: Int64

    public init(name: String, status: Status, index: Int64, length: Int64) {
        self.name = name
        self.status = status
        self.index = index
        self.length = length
    }

    /// Gitea counts a cancelled step as one that never began; here it began when it has rows.
    var hasBegun: Bool {
        switch status {
        case .success, .failure, .running, .cancelling: true
        case .cancelled: length > 0
        case .skipped, .waiting, .blocked: false
        }
    }
}

/// A part of a task's log as viewers show it.
public struct LogSlice: Equatable, Sendable {
    public let name: String
    public let status: Status
    public let rows: Range<Int64>

    public init(name: String, status: Status, rows: Range<Int64>) {
        self.name = name
        self.status = status
        self.rows = rows
    }
}

/// "Set up job", each step, "Complete job": what a viewer shows of one log (runner.md 5.3).
///
/// State and log arrive in separate calls and steps are the runner's word, so every range is clamped to the rows that
/// are stored; ranges may overlap and rows between steps belong to nobody. Never fails.
public func sliceLog(steps: [LogStep], rows: Int64, task: Status) -> [LogSlice] {
    let ranges = steps.map { step -> Range<Int64> in
        let start = min(max(0, step.index), rows)
        return start..<(start + min(max(0, step.length), rows - start))
    }
    let first = steps.firstIndex(where: \.hasBegun)
    let setUp = LogSlice(
        name: "Set up job", status: first == nil ? task : .success,
        rows: 0..<(first.map { ranges[$0].lowerBound } ?? rows))
    let middle = zip(steps, ranges).map { LogSlice(name: $0.name, status: $0.status, rows: $1) }
    return [setUp] + middle + [complete(steps: steps, ranges: ranges, setUp: setUp, rows: rows, task: task)]
}

private func complete(
    steps: [LogStep], ranges: [Range<Int64>], setUp: LogSlice, rows: Int64, task: Status
) -> LogSlice {
    let hasBegun =
        steps.last.map { $0.status == .success || $0.status == .failure } ?? false
        || steps.contains { $0.status == .failure }
    let status: Status =
        switch (task.isDone, hasBegun) {
        case (true, _) where steps.isEmpty: task == .success ? .success : .cancelled
        case (true, _): task
        case (false, true): .running
        case (false, false): .waiting
        }
    // Gitea adds up all lengths, which goes wrong when rows lie between steps; the rest begins behind the last of them.
    let start = ranges.map(\.upperBound).reduce(setUp.rows.upperBound, max)
    return LogSlice(name: "Complete job", status: status, rows: status == .waiting ? rows..<rows : start..<rows)
}

public enum LogExcerptLimits {
    /// Rows of a slice that a page shows from its beginning and from its end; what is between is loaded when asked for.
    public static let headRows: Int64 = 100
    public static let tailRows: Int64 = 200
    /// Rows that one page shows of all its logs together.
    public static let pageRowsMax: Int64 = 5_000
}

/// Which rows of a slice a page shows at once: everything, or both ends around a gap. Rows that do not fit the page's
/// remaining budget are left to the gap.
public func excerpt(_ rows: Range<Int64>, budget: Int64) -> (head: Range<Int64>, gap: Range<Int64>, tail: Range<Int64>)
{
    let count = Int64(rows.count)
    let most = LogExcerptLimits.headRows + LogExcerptLimits.tailRows
    if count <= min(most, budget) {
        return (rows, rows.upperBound..<rows.upperBound, rows.upperBound..<rows.upperBound)
    }
    let head = min(LogExcerptLimits.headRows, max(0, budget) / 3)
    let tail = min(LogExcerptLimits.tailRows, max(0, budget) - head, count - head)
    let gapStart = rows.lowerBound + head
    let gapEnd = rows.upperBound - tail
    return (rows.lowerBound..<gapStart, gapStart..<gapEnd, gapEnd..<rows.upperBound)
}
