import Domain

/// A pushed ref waiting to be read.
public struct InboxEntry: Sendable {
    public let id: InboxID
    public let repository: RepositoryID
    public let pusher: AccountID?
    public let ref: String
    public let before: String
    public let after: String
    /// post-receive confirmed it; else only pre-receive spoke and the ref itself must tell (ADR 0005).
    public let isConfirmed: Bool
    public let tries: Int64
}

public enum InboxLimits {
    /// Times a push is read before it is put aside with its problem; a bad row must not stop the others.
    public static let triesMax = 5
}

/// Writes `inbox`.
public struct InboxStore: Sendable {
    /// NOTIFY channel: a push is ready to be read.
    public static let channel = "millrace_inbox"

    let database: Database
    public init(database: Database) { self.database = database }

    private static let announce = Statement(
        "inbox_announce",
        """
        insert into inbox (repository_id, pusher_id, ref, before, after)
        values ($1, nullif($2, 0), $3, $4, $5)
        """)
    private static let confirm = Statement(
        "inbox_confirm",
        """
        update inbox set state = 'confirmed', due_at = now()
         where id = (select max(id) from inbox
                      where repository_id = $1 and ref = $2 and before = $3 and after = $4 and state = 'announced')
        """)
    private static let next = Statement(
        "inbox_next",
        """
        select id, repository_id, pusher_id, ref, before, after, state = 'confirmed', tries
          from inbox where state in ('announced', 'confirmed') and due_at <= now()
         order by due_at, id limit 1 for no key update skip locked
        """)
    private static let settle = Statement("inbox_settle", "update inbox set state = $2, problem = $3 where id = $1")
    private static let postpone = Statement(
        "inbox_postpone",
        """
        update inbox set tries = tries + 1, problem = $2, due_at = now() + interval '1 second' * power(2, tries),
               state = case when tries + 1 >= $3 then 'quarantined' else state end
         where id = $1
        """)

    public struct RefUpdate: Sendable {
        public let ref: String
        public let before: String
        public let after: String
        public init(ref: String, before: String, after: String) {
            self.ref = ref
            self.before = before
            self.after = after
        }
    }

    /// pre-receive: durable before git moves any ref. All refs of a push or none.
    public func announce(_ updates: [RefUpdate], repository: RepositoryID, pusher: AccountID?) throws {
        try database.transaction { tx in
            for update in updates {
                try tx.run(
                    Self.announce, .int(repository.number), .int(pusher?.number ?? 0), .text(update.ref),
                    .text(update.before), .text(update.after))
            }
        }
    }

    /// post-receive: the refs moved; readers wake when this commits.
    public func confirm(_ updates: [RefUpdate], repository: RepositoryID) throws {
        try database.transaction { tx in
            for update in updates {
                try tx.run(
                    Self.confirm, .int(repository.number), .text(update.ref), .text(update.before), .text(update.after))
            }
            try tx.notify(Self.channel, String(repository.number))
        }
    }

    /// Takes one due push and runs `body` with it in one transaction: runs are planned and the row settled together.
    ///
    /// - Returns: false when nothing was due. An error of `body` leaves the row for a later try.
    public func takeNext(_ body: (InboxEntry, Transaction) throws -> (state: String, problem: String)) throws -> Bool {
        var failed: (InboxID, any Error)?
        do {
            return try database.transaction { tx in
                guard let row = try tx.first(Self.next) else { return false }
                let entry = InboxEntry(
                    id: InboxID(row.int(0)), repository: RepositoryID(row.int(1)),
                    pusher: row.optionalInt(2).map(AccountID.init), ref: row.text(3), before: row.text(4),
                    after: row.text(5), isConfirmed: row.bool(6), tries: row.int(7))
                do {
                    let outcome = try body(entry, tx)
                    try tx.run(Self.settle, .int(entry.id.number), .text(outcome.state), .text(outcome.problem))
                    return true
                } catch {
                    failed = (entry.id, error)
                    throw error
                }
            }
        } catch {
            guard let (id, cause) = failed else { throw error }
            if let unavailable = cause as? PostgresError, unavailable.isUnavailable { throw error }
            try database.write(
                Self.postpone, .int(id.number), .text("\(cause)"), .int(Int64(InboxLimits.triesMax)))
            throw error
        }
    }
}
