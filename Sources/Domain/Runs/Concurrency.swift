public enum ConcurrencyLimits {
    /// Bytes of a group's name, as written and folded. An index row holds it (`concurrency_group_name_key`).
    public static let nameBytesMax = 1024
}

/// A concurrency group as a workflow names it; unique within its repository, runs and jobs share the names.
public struct PlannedGroup: Equatable, Sendable {
    /// As written.
    public let name: String
    /// A newcomer cancels whoever holds the group, instead of waiting for the end alone.
    public let cancelsInProgress: Bool
    /// `queue: max`: those that waited before it go on waiting, in their order.
    public var queuesAll = false

    public init(name: String, cancelsInProgress: Bool) {
        self.name = name
        self.cancelsInProgress = cancelsInProgress
    }

    /// What names are compared by: case does not count, as on GitHub.
    public var key: String { String(decoding: foldedBytes(name), as: UTF8.self) }
}

/// An unfinished run or job of a group.
public struct GroupMember: Equatable, Sendable {
    public let run: RunID
    /// The job that is the member; nil: the run as a whole is.
    public var job: JobID?
    /// Counts up with each run and job that enters the group, and with each rerun.
    public let turn: Int64
    /// It was let in; the others of the group wait for its end.
    public let holds: Bool
    public let cancelsInProgress: Bool
    public let isCancelRequested: Bool
    public var queuesAll = false
    /// The run's number, and the job's name, for people.
    public var number: Int64 = 0
    public var jobName = ""

    public init(run: RunID, turn: Int64, holds: Bool, cancelsInProgress: Bool, isCancelRequested: Bool) {
        self.run = run
        self.turn = turn
        self.holds = holds
        self.cancelsInProgress = cancelsInProgress
        self.isCancelRequested = isCancelRequested
    }

    /// `run #4`, `job "deploy" of run #4`
    public var words: String { (job == nil ? "" : "job \"\(jobName)\" of ") + "run #\(number)" }
}

/// What has to happen to one member of a group.
public enum GroupMove: Equatable, Sendable {
    /// It may start: nobody holds the group.
    case start(GroupMember)
    case cancel(GroupMember, for: GroupMember)
}

/// The next move in a group: at most one member holds it and at most one waits for it, the newest.
///
/// Whoever waited before a newcomer is cancelled, whatever the newcomer says of the holder, unless it says `queue: max`; the
/// holder only when the newcomer has `cancel-in-progress`. The newcomer starts once the holder has ended, not beside its
/// clean-up: GitHub does so, Gitea starts it at once.
///
/// - Parameter members: in any order.
/// - Returns: one move at a time, since each is a transaction of its own; nil when all is in order.
/// - Source: workflows.md 12.
public func groupMove(_ members: [GroupMember]) -> GroupMove? {
    let byTurn = members.sorted { $0.turn < $1.turn }
    let newest = byTurn.last { !$0.queuesAll }
    let waiting = byTurn.filter { !$0.holds }
    // A cancel ends one that waits, but not one whose jobs a server without groups has started: that one is cancelled once.
    let passed = newest.map { newest in waiting.filter { $0.turn < newest.turn } } ?? []
    if let newest, let due = passed.first(where: { !$0.isCancelRequested }) { return .cancel(due, for: newest) }
    let queue = waiting.dropFirst(passed.count)
    guard let next = queue.first else { return nil }
    guard let holder = byTurn.first(where: \.holds) else { return passed.isEmpty ? .start(next) : nil }
    guard let hasty = queue.last(where: \.cancelsInProgress), !holder.isCancelRequested else { return nil }
    return .cancel(holder, for: hasty)
}

/// Where a run that is of a group stands in it.
public struct GroupPlace: Equatable, Sendable {
    public let group: GroupID
    /// Nil: it has not entered, since it waits for an approval.
    public let turn: Int64?
    public let holds: Bool

    /// - Parameter members: those that are there already; whoever comes first holds the group.
    public init(_ entry: GroupEntry, among members: [GroupMember]) {
        group = entry.group
        turn = entry.turn
        holds = members.isEmpty
    }

    /// Of a run that takes no place before somebody approves it.
    public init(outside group: GroupID) {
        self.group = group
        turn = nil
        holds = false
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

/// A job that wants into a group and has no turn in it yet.
public struct GroupWish: Equatable, Sendable {
    public let run: RunID
    public let repository: RepositoryID
    public let group: PlannedGroup

    public init(run: RunID, repository: RepositoryID, group: PlannedGroup) {
        self.run = run
        self.repository = repository
        self.group = group
    }
}
