import Domain

/// What people ask about events: the latest of a repository, and those that were put aside.
extension InboxStore {
    /// A push as people ask about it, or another event.
    public struct PushView: Sendable {
        public let id: InboxID
        /// The name of an event that is no push, with its number and activity.
        public let ref: String
        public let before: String
        public let after: String
        /// announced, confirmed, read, dropped, quarantined
        public let state: String
        public let problem: String
        public let outcome: String
        public let tries: Int64
        public let isTaken: Bool
        public let isByJob: Bool
        public let pusher: String
        public let createdAt: Int64
    }
    private static let viewColumns =
        "i.id, coalesce(nullif(i.ref, ''), i.kind || coalesce(' #' || (i.event ->> 'number'), '') || coalesce(' ' || (i.event ->> 'action'), '')), i.before, i.after, i.state, i.problem, i.outcome, i.tries::bigint, coalesce(i.lease_until > now(), false), i.task_id is not null, coalesce(a.name, 'ghost'), i.created_at"
    private static let latest = Statement(
        "inbox_latest",
        """
        select \(viewColumns) from inbox i left join account a on a.id = i.pusher_id
         where i.repository_id = $1 order by i.id desc limit $2
        """)
    private static let quarantined = Statement(
        "inbox_quarantined",
        """
        select \(viewColumns) from inbox i left join account a on a.id = i.pusher_id
         where i.repository_id = $1 and i.state = 'quarantined' order by i.id desc limit $2
        """)

    /// The repository's latest pushes, newest first.
    public func latest(of repository: RepositoryID) throws -> [PushView] {
        try database.read(Self.latest, .int(repository.number), .int(Int64(InboxLimits.listedMax))).map(Self.view)
    }
    /// Pushes that were put aside, newest first.
    public func quarantined(of repository: RepositoryID) throws -> [PushView] {
        try database.read(Self.quarantined, .int(repository.number), .int(Int64(InboxLimits.listedMax))).map(Self.view)
    }

    private static func view(_ row: Row) -> PushView {
        PushView(
            id: InboxID(row.int(0)), ref: row.text(1), before: row.text(2), after: row.text(3), state: row.text(4),
            problem: row.text(5), outcome: row.text(6), tries: row.int(7), isTaken: row.bool(8), isByJob: row.bool(9),
            pusher: row.text(10), createdAt: row.microseconds(11) ?? 0)
    }
}
