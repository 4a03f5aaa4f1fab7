import Domain

/// An event waiting to be read, taken by somebody who may settle it while the lease is theirs.
public struct InboxEntry: Sendable {
    public let id: InboxID
    public let repository: RepositoryID
    public let pusher: AccountID?
    /// Caused with a job's own token: a push then starts nothing (workflows.md 20.4).
    public let isByJob: Bool
    /// One of `EventName.happening`.
    public let kind: String
    /// Of a push; empty else.
    public let ref: String
    public let before: String
    public let after: String
    /// The webhook payload; nil for a push.
    public let payload: String?
    /// post-receive confirmed it; else only pre-receive spoke and the ref itself must tell (ADR 0005).
    public let isConfirmed: Bool
    /// What the pusher said beside the refs.
    public var options = PushOptions.none
    /// How often it was taken, this time included; the number of the lease.
    public let tries: Int64

    package init(
        id: InboxID, repository: RepositoryID, pusher: AccountID?, isByJob: Bool, kind: String, ref: String,
        before: String, after: String, payload: String?, isConfirmed: Bool, options: PushOptions = .none, tries: Int64
    ) {
        self.id = id
        self.repository = repository
        self.pusher = pusher
        self.isByJob = isByJob
        self.kind = kind
        self.ref = ref
        self.before = before
        self.after = after
        self.payload = payload
        self.isConfirmed = isConfirmed
        self.options = options
        self.tries = tries
    }

    /// The event that the row tells of, with its payload when it has one.
    ///
    /// - Throws: `EventFault` in words for the row's problem.
    public func event() throws -> (event: RepositoryEvent, payload: EventPayload?) {
        guard let name = EventName(rawValue: kind), name != .workflowCall else {
            throw EventFault("event \"\(kind)\" is not known")
        }
        guard name != .push else {
            var push = RepositoryEvent.Push(ref: ref, before: before, after: after)
            push.skips = options.skips
            return (.push(push), nil)
        }
        let payload = EventPayload(json: self.payload ?? "")
        return (try RepositoryEvent(name, payload: payload.value), payload)
    }
}

public enum InboxLimits {
    /// Times a push is taken before it is put aside with its problem; a bad row must not stop the others.
    public static let triesMax = 5
    /// How long a taken push is left to a reader that says nothing. Longer than git may take (`PushLimits.gitSeconds`)
    /// and `renewMicroseconds` together, and than one file takes to plan on a busy machine; the reader renews it between files.
    public static let leaseSeconds: Int64 = 40
    /// Between two renewals of a reader, at least: each writes the row.
    public static let renewMicroseconds: Int64 = leaseSeconds * 1_000_000 / 4
    /// Rows that were read, or dropped, are kept so long for `millrace why push`.
    public static let settledKeptSeconds: Int64 = 14 * 86_400
    /// Rows that were put aside are kept so long for an operator.
    public static let quarantinedKeptSeconds: Int64 = 90 * 86_400
    /// Rows that one sweep removes, and one answer lists.
    public static let sweptMax = 1000
    public static let listedMax = 20
    /// Bytes of a problem that are kept.
    public static let problemBytesMax = 2000
}
