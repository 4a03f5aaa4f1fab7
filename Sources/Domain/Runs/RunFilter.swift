/// Which runs a list shows. All that is given must hold.
public struct RunFilter: Equatable, Sendable {
    /// Any of these; empty: whatever it is.
    public var statuses: [Status] = []
    /// The trigger's name, such as "push".
    public var event: String?
    /// A branch's short name: runs of tags and pull requests are on none.
    public var branch: String?
    /// Who caused the run; a name that nobody has fits no run.
    public var actor: String?
    /// The whole commit id.
    public var headSHA: String?
    /// The workflow file's name, such as "ci.yml".
    public var workflowID: String?

    public init() {}

    /// Nothing is left out.
    public var isEmpty: Bool { self == RunFilter() }
}
