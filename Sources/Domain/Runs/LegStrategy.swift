/// What `strategy` says of the legs of a matrix, evaluated (workflows.md 9).
public struct LegStrategy: Equatable, Sendable {
    /// The first leg that fails cancels the others.
    public var failFast = true
    /// How many legs may wait for runners or run at once, above 0; nil: all.
    public var maxParallel: Int64?

    public init(failFast: Bool = true, maxParallel: Int64? = nil) {
        self.failFast = failFast
        self.maxParallel = maxParallel
    }
}

extension JobSnapshot {
    /// It counts for `max-parallel`.
    var holdsSlot: Bool {
        switch state {
        case .waiting, .running, .cancelling, .calling: true
        // A leg that waits for its concurrency group has a slot for when it is let in.
        case .blocked: place != nil
        case .done: false
        }
    }
}
