/// A part of a log as its page folds it: from its first row to that of the next.
public struct LogSection: Equatable, Sendable {
    public let name: String
    public let status: Status
    /// Nil while neither it nor any section behind it has begun: rows that come belong to one before it.
    public let start: Int64?
    /// Place among the job's steps; nil of what is around them.
    public let step: Int?

    public init(name: String, status: Status, start: Int64?, step: Int?) {
        self.name = name
        self.status = status
        self.start = start
        self.step = step
    }
}

/// The sections of a log: each row is in exactly one, whatever the runner says of its steps.
///
/// As `sliceLog`, but without gaps and overlaps: rows between two steps belong to the first, and a step that is said to begin
/// before the one ahead of it begins where that one does.
public func sectionLog(steps: [LogStep], rows: Int64, task: Status) -> [LogSection] {
    let slices = sliceLog(steps: steps, rows: rows, task: task)
    var starts: [Int64?] = slices.enumerated().map { place, slice in
        switch place {
        case 0: 0
        case slices.count - 1: slice.status == .waiting ? nil : slice.rows.lowerBound
        default: steps[place - 1].hasBegun ? slice.rows.lowerBound : nil
        }
    }
    var least: Int64 = 0
    for place in starts.indices {
        guard let start = starts[place] else { continue }
        least = max(least, start)
        starts[place] = least
    }
    // One that was passed over stands, without a row, before the next that began.
    var next: Int64?
    for place in starts.indices.reversed() {
        if let start = starts[place] { next = start } else { starts[place] = next }
    }
    return zip(slices, starts).enumerated().map { place, both in
        LogSection(
            name: both.0.name, status: both.0.status, start: both.1,
            step: place == 0 || place == slices.count - 1 ? nil : place - 1)
    }
}

/// The section that a page opens: the first that failed, else the one that runs, else the last that has rows.
public func openSection(of sections: [LogSection]) -> Int? {
    sections.firstIndex { $0.status == .failure && $0.step != nil } ?? sections.firstIndex { $0.status == .failure }
        ?? sections.lastIndex { $0.status == .running || $0.status == .cancelling }
        ?? sections.lastIndex { $0.start != nil && $0.step != nil } ?? sections.indices.first
}
