/// What a second artifact of one name in one run does to the first.
public enum SameNamePolicy: String, CaseIterable, Sendable {
    /// As GitHub: the workflow deletes it, or gives another name.
    case refuse
    /// The first stays visible until the second is finished, which then takes its place.
    case replace
}

/// An artifact of the run that has the name already.
public struct Namesake: Sendable {
    public let id: ArtifactID
    public let state: ArtifactState
    /// Who uploads it; nil when that task's row is gone.
    public let task: TaskID?
    public let taskIsLive: Bool

    public init(id: ArtifactID, state: ArtifactState, task: TaskID?, taskIsLive: Bool) {
        self.id = id
        self.state = state
        self.task = task
        self.taskIsLive = taskIsLive
    }
}

/// Whether a task may announce an artifact of a name, and which unfinished uploads of that name end thereby: one of the
/// task itself was cut off, and one of a task that is over will never be finished.
///
/// - Source: artifacts.md 3.2.
public func planCreate(
    namesakes: [Namesake], by task: TaskID, policy: SameNamePolicy
) throws(CreateRefusal) -> [ArtifactID] {
    var dropped: [ArtifactID] = []
    for namesake in namesakes {
        switch namesake.state {
        case .pending:
            guard namesake.task == task || !namesake.taskIsLive else { throw .pendingElsewhere(namesake.task) }
            dropped.append(namesake.id)
        case .uploaded:
            guard policy == .replace else { throw .exists }
        case .expired, .deleting, .deleted: break
        }
    }
    return dropped
}

public enum CreateRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case exists
    case pendingElsewhere(TaskID?)

    public var description: String {
        switch self {
        case .exists: "an artifact with this name already exists on the workflow run"
        case .pendingElsewhere(let task):
            "an artifact with this name is pending from another live task"
                + (task.map { " (\($0))" } ?? "") + "; give each job's artifact a name of its own"
        }
    }
}
