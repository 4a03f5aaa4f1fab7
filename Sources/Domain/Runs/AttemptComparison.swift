/// A job of one attempt, for comparing two of them.
public struct ComparedJob: Equatable, Sendable {
    public let name: String
    public let status: Status
    /// Microseconds that it ran; nil: it did not.
    public let ran: Int64?
    /// Taken over from the attempt before as it was.
    public let isCarried: Bool

    public init(name: String, status: Status, ran: Int64?, isCarried: Bool = false) {
        self.name = name
        self.status = status
        self.ran = ran
        self.isCarried = isCarried
    }
}

/// What became of one job from one attempt to the next.
public struct ComparedPair: Equatable, Sendable {
    public let name: String
    /// Nil: the attempt has no such job.
    public let before: ComparedJob?
    public let after: ComparedJob?

    /// Microseconds longer than before; nil when it did not run both times.
    public var longer: Int64? {
        guard let before = before?.ran, let after = after, !after.isCarried, let ran = after.ran else { return nil }
        return ran - before
    }
}

/// Jobs of two attempts side by side, in the order of the later one; those that it lacks behind. Jobs of one name are
/// matched in their order.
public func comparedAttempts(_ before: [ComparedJob], _ after: [ComparedJob]) -> [ComparedPair] {
    var left = Dictionary(grouping: before.indices, by: { before[$0].name })
    var pairs = after.map { job in
        let match = left[job.name]?.isEmpty == false ? left[job.name]?.removeFirst() : nil
        return ComparedPair(name: job.name, before: match.map { before[$0] }, after: job)
    }
    for index in left.values.joined().sorted() {
        pairs.append(ComparedPair(name: before[index].name, before: before[index], after: nil))
    }
    return pairs
}
