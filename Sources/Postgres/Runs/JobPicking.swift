import Domain

/// The walk down the queue of a claim: which waiting job a runner takes. It writes nothing (`JobStore.assign` does).
extension JobStore {
    /// Jobs looked at for one claim. Others may hold some of them locked; more than this at once is a crowd, and the
    /// claim looks again.
    private static let candidatesMax = 64

    /// One walk down the scope's own index for each label set, then one row locked: O(sets × log n), whatever waits.
    private static func pick(_ name: String, scope: String) -> Statement {
        Statement(
            name,
            """
            select id, run_id, step_names from job
             where status = 5 and id = any(array(
                   select c.id from unnest($1::bigint[]) as s (id) cross join lateral (
                          select j.id, j.queue_key from job j
                           where j.status = 5 and j.label_set_id = s.id\(scope)
                           order by j.queue_key, j.id limit \(candidatesMax)) c
                    order by c.queue_key, c.id limit \(candidatesMax)))
             order by queue_key, id limit 1 for no key update skip locked
            """)
    }
    private static let pickAny = pick("job_pick", scope: "")
    private static let pickOwner = pick("job_pick_owner", scope: " and j.owner_id = $2")
    private static let pickRepository = pick("job_pick_repository", scope: " and j.repository_id = $2")
    private static let pickHandle = Statement(
        "job_pick_handle",
        """
        select id, run_id, step_names from job
         where status = 5 and handle = $2::text::uuid and label_set_id = any($1)
           and ($3::bigint is null or repository_id = $3) and ($4::bigint is null or owner_id = $4)
           for no key update skip locked
        """)
    private static let anyWaiting = Statement(
        "job_any_waiting",
        """
        select 1 from unnest($1::bigint[]) as s (id) cross join lateral (
               select 1 from job j where j.status = 5 and j.label_set_id = s.id
                  and ($2::bigint is null or repository_id = $2) and ($3::bigint is null or owner_id = $3) limit 1) c
         limit 1
        """)
    /// The first job in the queue that nobody else is taking, locked; waits for nobody.
    ///
    /// - Parameter handle: only this attempt of a job (runner.md 2.6); a text that is no UUID is nobody's.
    static func pick(
        labelSets: [Int64], scope: RunnerScope, handle: String?, in tx: Transaction
    ) throws -> PickedJob? {
        let row: Row?
        if let handle {
            guard isUUID(handle) else { return nil }
            let (repository, owner) = bounds(scope)
            row = try tx.first(Self.pickHandle, .ints(labelSets), .text(handle), repository, owner)
        } else {
            switch scope {
            case .everything: row = try tx.first(Self.pickAny, .ints(labelSets))
            case .owner(let owner): row = try tx.first(Self.pickOwner, .ints(labelSets), .int(owner.number))
            case .repository(let repository):
                row = try tx.first(Self.pickRepository, .ints(labelSets), .int(repository.number))
            }
        }
        return row.map { PickedJob(job: JobID($0.int(0)), run: RunID($0.int(1)), stepNames: $0.texts(2)) }
    }

    /// Whether anything waits at all, locked or not: skipped rows are not absent ones (runner.md 3.3).
    static func anyWaiting(labelSets: [Int64], scope: RunnerScope, in database: Database) throws -> Bool {
        let (repository, owner) = bounds(scope)
        return try !database.read(Self.anyWaiting, .ints(labelSets), repository, owner).isEmpty
    }

    private static func bounds(_ scope: RunnerScope) -> (repository: Value, owner: Value) {
        switch scope {
        case .everything: (.null(.int), .null(.int))
        case .owner(let owner): (.null(.int), .int(owner.number))
        case .repository(let repository): (.int(repository.number), .null(.int))
        }
    }
}
