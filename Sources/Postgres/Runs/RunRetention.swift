import Domain

/// The end of runs: what is older than `runs.retention` goes with its attempts, jobs, tasks, events and artifacts.
///
/// The rows go in one transaction; what lies on disk follows by sweeps that read what triggers wrote down of it
/// (sql/migrations/0060), so that nothing is forgotten when an instance is killed between the two.
extension RunStore {
    /// A log that is still rows is waited for, unless it was put aside: its sealing must not lose its task.
    private static let due = Statement(
        "run_retention_due",
        """
        select r.id from run r
         where r.status <= 4 and r.stopped_at < now() - make_interval(secs => $1)
           and not exists (select 1 from job j join task t on t.job_id = j.id
                            where j.run_id = r.id and t.log_sealed_at is null
                              and t.log_seal_due_at is distinct from 'infinity')
         order by r.stopped_at limit $2 for update of r skip locked
        """)
    private static let lockToRemove = Statement(
        "run_lock_to_remove", "select status, number from run where id = $1 and repository_id = $2 for update")
    /// As above, of a repository that was deleted.
    private static let dueOfRepository = Statement(
        "run_removal_due",
        """
        select r.id from run r
         where r.repository_id = $1 and r.status <= 4
           and not exists (select 1 from job j join task t on t.job_id = j.id
                            where j.run_id = r.id and t.log_sealed_at is null
                              and t.log_seal_due_at is distinct from 'infinity')
         order by r.id limit $2 for update of r skip locked
        """)
    private static let unfinishedOfRepository = Statement(
        "run_unfinished_of_repository",
        "select id from run where repository_id = $1 and status > 4 order by id limit $2")
    private static let remove = Statement("run_remove", "delete from run where id = any ($1)")
    private static let labelSets = Statement(
        "label_set_unused",
        """
        select s.id from label_set s
         where s.id > $1 and not exists (select 1 from job j where j.label_set_id = s.id)
         order by s.id limit $2 for update skip locked
        """)
    /// Asked again under the lock: a job may have come since the first statement's snapshot.
    private static let removeLabelSets = Statement(
        "label_set_remove",
        """
        delete from label_set s
         where s.id = any ($1) and not exists (select 1 from job j where j.label_set_id = s.id)
        returning s.id
        """)

    /// Removes a finished run with all that is its. A rerun that comes at the same time waits for the run's row, or is waited for:
    /// then the run is not done.
    ///
    /// - Returns: false when there is no such run in the repository.
    /// - Throws: `RunRemovalRefusal`, with nothing changed.
    public func remove(_ run: RunID, in repository: RepositoryID, by actor: AccountID?) throws -> Bool {
        try database.transaction { tx in
            guard let row = try tx.first(Self.lockToRemove, .int(run.number), .int(repository.number)) else {
                return false
            }
            guard try row.status(0).isDone else { throw RunRemovalRefusal() }
            try tx.run(Self.remove, .ints([run.number]))
            let words = "run \(run), number \(row.int(1)) of repository \(repository)"
            try EventStore.append(Event(.runRemoved, actor: actor, detail: words), in: tx)
            return true
        }
    }

    /// Removes finished runs that stopped longer ago than this; one that somebody changes right now waits for the next turn.
    ///
    /// - Returns: how many went; as many as `limit`: there may be more.
    public func removeOld(olderThanSeconds: Int64, limit: Int) throws -> Int {
        try database.transaction { tx in
            let found = try tx.run(Self.due, .int(olderThanSeconds), .int(Int64(limit))).map { $0.int(0) }
            if !found.isEmpty { try tx.run(Self.remove, .ints(found)) }
            return found.count
        }
    }

    /// Ends what still runs of a repository that was deleted; its runners are told that their tasks are cancelled.
    public func cancelAll(of repository: RepositoryID) throws {
        let runs = try database.read(Self.unfinishedOfRepository, .int(repository.number), .int(1000))
        try eachOf(runs.map { RunID($0.int(0)) }) { try apply(.forceCancelRequested, to: $0) }
    }

    /// Removes runs of a repository that was deleted, once their logs are sealed: until then their runners may still have words.
    ///
    /// - Returns: how many went; as many as `limit`: there may be more.
    public func remove(of repository: RepositoryID, limit: Int) throws -> Int {
        try database.transaction { tx in
            let found = try tx.run(Self.dueOfRepository, .int(repository.number), .int(Int64(limit))).map { $0.int(0) }
            if !found.isEmpty { try tx.run(Self.remove, .ints(found)) }
            return found.count
        }
    }

    private static let isThere = Statement(
        "run_is_there", "select exists (select 1 from run where repository_id = $1)")

    public func hasRuns(_ repository: RepositoryID) throws -> Bool {
        try database.readOne(Self.isThere, .int(repository.number)).value(0)
    }

    /// Removes events of no run, such as a runner's registration, that are older than this.
    public func removeEvents(olderThanSeconds: Int64, limit: Int) throws -> Int {
        try database.transaction {
            try EventStore.removeWithoutRun(olderThanSeconds: olderThanSeconds, limit: limit, in: $0)
        }
    }

    /// Removes sets of labels that no job asks for any more, after the given one.
    ///
    /// - Returns: how many went, and the last one looked at; nil: there are no more.
    public func removeUnusedLabelSets(after last: Int64, limit: Int) throws -> (removed: Int, last: Int64?) {
        try database.transaction { tx in
            let found = try tx.run(Self.labelSets, .int(last), .int(Int64(limit))).map { $0.int(0) }
            guard !found.isEmpty else { return (0, nil) }
            let removed = try tx.run(Self.removeLabelSets, .ints(found)).count
            return (removed, found.count < limit ? nil : found.last)
        }
    }
}

/// A run that is not done is not removed.
public struct RunRemovalRefusal: Error, Equatable {}
