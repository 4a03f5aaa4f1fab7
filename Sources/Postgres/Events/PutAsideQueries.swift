import Domain

/// Counts what was given up and needs a person: the same that `millrace verify` lists (sql/checks: put_aside.sql, and
/// i5_log_is_exact.sql for logs).
public struct PutAsideQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let counts = Statement(
        "put_aside_counts",
        """
        select (select count(*) from inbox where state = 'quarantined'),
               (select count(*) from job where status = 2 and problem like 'this job cannot be prepared:%'),
               (select count(*) from task where log_seal_due_at = 'infinity' and log_sealed_at is null)
        """)

    /// Pushes that could not be read, jobs that could not be prepared for a runner, logs that could not be sealed.
    public func counts() throws -> (pushes: Int64, jobs: Int64, logs: Int64) {
        try database.readOne(Self.counts).decode((Int64, Int64, Int64).self)
    }
}
