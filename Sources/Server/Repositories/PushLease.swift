import Postgres

/// Tells when the lease of a row of the inbox has to be renewed. It is asked before each file and each look at git, thousands
/// of times for some pushes, and a renewal writes the row.
struct PushLease {
    /// By the monotonic clock, taken before PostgreSQL was asked: never later than the lease began.
    private var since: Int64

    init(since: Int64) { self.since = since }

    /// - Parameter renew: false when somebody else has the row.
    /// - Throws: `InboxStore.TakenOver`.
    mutating func renewIfDue(now: Int64, _ renew: () throws -> Bool) throws {
        guard now - since >= InboxLimits.renewMicroseconds else { return }
        guard try renew() else { throw InboxStore.TakenOver() }
        since = now
    }
}
