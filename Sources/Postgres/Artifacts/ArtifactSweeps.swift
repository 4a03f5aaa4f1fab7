import Domain

/// The ends of artifacts: deletion, expiry, uploads that never came to theirs. State first, committed; bytes later, by whoever
/// finds blobs that no file names (artifacts.md 6).
extension ArtifactStore {
    private static let liveOfName = Statement(
        "artifact_live_of_name",
        """
        select id from artifact
         where run_id = $1 and protocol = 4 and name = $2 and status = 2 and expires_at > now()
         order by id desc for no key update
        """)
    private static let lock = Statement(
        "artifact_lock", "select status from artifact where id = $1 for no key update")
    private static let expired = Statement(
        "artifact_expired",
        "select id from artifact where status = 2 and expires_at <= now() order by expires_at limit $1 for no key update skip locked"
    )
    private static let abandoned = Statement(
        "artifact_abandoned",
        """
        select a.id from artifact a left join task t on t.id = a.task_id
         where a.status = 1 and a.touched_at < now() - make_interval(secs => $1)
           and not coalesce(t.status in (6, 8), false)
           and not exists (select 1 from upload u join task w on w.id = u.task_id
                            where u.artifact_id = a.id and u.finished_at is null and u.closed_at is null
                              and (w.status in (6, 8) or greatest(u.created_at, w.stopped_at) > now() - make_interval(secs => $1)))
         order by a.touched_at limit $2 for no key update of a skip locked
        """)
    private static let spare = Statement(
        "artifact_spare",
        """
        select id from (
            select a.id, coalesce(r.artifact_keep_last, $1) as keep,
                   row_number() over (partition by a.repository_id, w.workflow_id, a.protocol, a.name order by a.id desc) as place
              from artifact a join repository r on r.id = a.repository_id join run w on w.id = a.run_id
             where a.repository_id = any ($3) and a.status = 2 and coalesce(r.artifact_keep_last, $1) > 0) ranked
         where place > keep order by id limit $2
        """)
    /// Repositories in which an artifact came, as triggers wrote it down (sql/migrations/0060).
    private static let spareDue = Statement(
        "artifact_spare_due",
        "select id, repository_id from artifact_spare_due order by id limit $1 for update skip locked")
    private static let settleSpare = Statement(
        "artifact_spare_settle", "delete from artifact_spare_due where id = any ($1)")
    private static let spareEverywhere = Statement(
        "artifact_spare_everywhere",
        "insert into artifact_spare_due (repository_id) select distinct repository_id from artifact where status = 2")
    private static let held = Statement(
        "artifact_held",
        """
        select a.id, a.status from artifact a
         where a.status in (4, 5) and a.holds_bytes
         order by a.id limit $1 for no key update skip locked
        """)
    private static let letGo = Statement(
        "artifact_let_go", "update artifact set holds_bytes = false where id = any ($1)")
    private static let dropFiles = Statement(
        "artifact_file_drop", "delete from artifact_file where artifact_id = any ($1)")

    /// Every attempt's: what a job deletes must not come back from an earlier attempt.
    ///
    /// - Returns: the newest one; nil when there is none.
    public func delete(named name: String, of run: RunID) throws -> ArtifactID? {
        try database.transaction { tx in
            let found = try tx.run(Self.liveOfName, .int(run.number), .text(name)).map { $0.int(0) }
            try Self.move(found, from: .uploaded, by: .deleteRequested, in: tx)
            return found.first.map(ArtifactID.init)
        }
    }

    /// - Returns: false when there is nothing to delete any more.
    public func delete(_ artifact: ArtifactID) throws -> Bool {
        try database.transaction { tx in
            guard let row = try tx.first(Self.lock, .int(artifact.number)),
                let state = ArtifactState(rawValue: row.int(0)),
                state == .uploaded || state == .expired
            else { return false }
            try Self.move([artifact.number], from: state, by: .deleteRequested, in: tx)
            return true
        }
    }

    /// - Returns: how many expired; as many as `limit`: there may be more.
    public func expireDue(limit: Int) throws -> Int {
        try database.transaction { tx in
            let found = try tx.run(Self.expired, .int(Int64(limit))).map { $0.int(0) }
            try Self.move(found, from: .uploaded, by: .expired, in: tx)
            return found.count
        }
    }

    /// Artifacts beyond the newest `keepLast` of their name and workflow expire (0: all are kept), in the repositories where one
    /// came since the last look.
    public func expireSpare(keepLast: Int64, limit: Int) throws -> Int {
        try database.transaction { tx in
            let due = try tx.run(Self.spareDue, .int(Int64(limit)))
            guard !due.isEmpty else { return 0 }
            let found = try tx.run(
                Self.spare, .int(keepLast), .int(Int64(limit)), .ints(Array(Set(due.map { $0.int(1) })))
            ).map { $0.int(0) }
            try Self.move(found, from: .uploaded, by: .expired, in: tx)
            guard found.count < limit else { return found.count }
            try tx.run(Self.settleSpare, .ints(due.map { $0.int(0) }))
            return due.count
        }
    }

    /// Has every repository looked at: `artifacts.keep_last` may be another one since the last start.
    public func noteSpareEverywhere() throws { try database.write(Self.spareEverywhere) }

    /// Pending ones whose job is over and of which nothing was heard for `idleSeconds`.
    public func abandon(idleSeconds: Int64, limit: Int) throws -> Int {
        try database.transaction { tx in
            let found = try tx.run(Self.abandoned, .int(idleSeconds), .int(Int64(limit))).map { $0.int(0) }
            guard !found.isEmpty else { return 0 }
            _ = try uploads.close(of: found.map(ArtifactID.init), in: tx)
            try Self.move(found, from: .pending, by: .abandoned, in: tx)
            return found.count
        }
    }

    /// Lets go of the bytes of what is expired or deleted; blobs that nobody else names are the next sweep's.
    ///
    /// - Returns: how many artifacts were looked at.
    public func releaseBytes(limit: Int) throws -> Int {
        try database.transaction { tx in
            let rows = try tx.run(Self.held, .int(Int64(limit)))
            guard !rows.isEmpty else { return 0 }
            try tx.run(Self.dropFiles, .ints(rows.map { $0.int(0) }))
            try tx.run(Self.letGo, .ints(rows.map { $0.int(0) }))
            let deleted = rows.filter { $0.int(1) == ArtifactState.deleting.rawValue }.map { $0.int(0) }
            try Self.move(deleted, from: .deleting, by: .bytesFreed, in: tx)
            return rows.count
        }
    }

    private static let handOver = Statement(
        "artifact_hand_over", "update artifact set owner_id = $2 where repository_id = $1 and owner_id <> $2")

    /// The repository has another owner, for whose quota its artifacts count from now on.
    static func handOver(of repository: RepositoryID, to owner: AccountID, in tx: Transaction) throws {
        try tx.run(handOver, .int(repository.number), .int(owner.number))
    }
}
