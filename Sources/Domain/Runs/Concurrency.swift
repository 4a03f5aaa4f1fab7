/// A concurrency group as a workflow names it; unique within its repository, runs and jobs share the names.
public struct PlannedGroup: Equatable, Sendable {
    public let name: String
    /// A newcomer cancels the run that holds the group, instead of waiting for its end alone.
    public let cancelsInProgress: Bool

    public init(name: String, cancelsInProgress: Bool) {
        self.name = name
        self.cancelsInProgress = cancelsInProgress
    }
}

/// An unfinished run of a group.
public struct GroupMember: Equatable, Sendable {
    public let run: RunID
    /// Counts up with each run that enters the group, and with each rerun.
    public let turn: Int64
    /// It was let in; the others of the group wait for its end.
    public let holds: Bool
    public let cancelsInProgress: Bool
    public let isCancelRequested: Bool

    public init(run: RunID, turn: Int64, holds: Bool, cancelsInProgress: Bool, isCancelRequested: Bool) {
        self.run = run
        self.turn = turn
        self.holds = holds
        self.cancelsInProgress = cancelsInProgress
        self.isCancelRequested = isCancelRequested
    }
}

/// What has to happen to one run of a group.
public enum GroupMove: Equatable, Sendable {
    /// Its jobs may start: nobody holds the group.
    case start(RunID)
    case cancel(RunID)
}

/// The next move in a group: at most one run holds it and at most one waits for it, the newest.
///
/// Whoever waited before a newcomer is cancelled, whatever the newcomer says; the holder only when the newcomer has
/// `cancel-in-progress`. The newcomer starts once the holder has ended, not beside its clean-up: GitHub does so, Gitea starts
/// it at once.
///
/// - Parameter members: in any order.
/// - Returns: one move at a time, since each is a transaction of its own; nil when all is in order.
/// - Source: workflows.md 12.
public func groupMove(_ members: [GroupMember]) -> GroupMove? {
    let byTurn = members.sorted { $0.turn < $1.turn }
    guard let newest = byTurn.last else { return nil }
    // A cancel ends one that waits, but not one whose jobs a server without groups has started: that one is cancelled once.
    let passed = byTurn.filter { !$0.holds && $0.turn < newest.turn }
    if let due = passed.first(where: { !$0.isCancelRequested }) { return .cancel(due.run) }
    guard !newest.holds else { return nil }
    guard let holder = byTurn.first(where: \.holds) else { return passed.isEmpty ? .start(newest.run) : nil }
    return newest.cancelsInProgress && !holder.isCancelRequested ? .cancel(holder.run) : nil
}

/// Where a run that enters a group stands in it.
public struct GroupPlace: Equatable, Sendable {
    public let group: GroupID
    public let turn: Int64
    public let holds: Bool

    /// - Parameter members: those that are there already; whoever comes first holds the group.
    public init(_ entry: GroupEntry, among members: [GroupMember]) {
        group = entry.group
        turn = entry.turn
        holds = members.isEmpty
    }
}

/// A turn that was taken in a group, whose row is locked.
public struct GroupEntry: Equatable, Sendable {
    public let group: GroupID
    public let turn: Int64

    public init(_ group: GroupID, turn: Int64) {
        self.group = group
        self.turn = turn
    }
}
