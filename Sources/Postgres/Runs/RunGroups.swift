import Domain

/// Runs of concurrency groups: who is in one, and the moves that are due (Domain/Runs/Concurrency.swift).
extension RunStore {
    private static let ofRun = Statement("run_group", "select group_id from run where id = $1")
    private static let unfinished = Statement(
        "run_group_members",
        """
        select r.id, r.group_turn, r.held_attempt is not distinct from r.latest_attempt, r.cancels_in_progress,
               r.cancelled_attempt is not distinct from r.latest_attempt, r.queues_all, r.number, null::bigint, ''
          from run r where r.group_id = $1 and r.status > 4 and r.group_turn is not null
        union all
        select j.run_id, j.group_turn, j.group_held, j.group_cancels, j.status = 8, j.group_queues, r.number, j.id, j.name
          from job j join run r on r.id = j.run_id where j.group_id = $1 and j.status > 4
         order by 2
        """)
    /// Groups in which somebody waits: few, and a move is due in hardly any of them.
    private static let waitedFor = Statement(
        "run_groups_waited_for",
        """
        select distinct w.group_id from (
               select group_id from run
                where group_id > $1 and status > 4 and group_turn is not null and held_attempt is distinct from latest_attempt
                union all
               select group_id from job where group_id > $1 and status = 7 and not group_held) w
         order by 1 limit $2
        """)
    private static let wishes = Statement(
        "job_group_wishes",
        """
        select id from job where status = 7 and group_name is not null and group_id is null and id > $1 order by id limit $2
        """)

    static func group(of run: RunID, in tx: Transaction) throws -> GroupID? {
        try tx.first(ofRun, .int(run.number))?.optionalInt(0).map(GroupID.init)
    }
    static func members(of group: GroupID, in tx: Transaction) throws -> [GroupMember] {
        try tx.run(unfinished, .int(group.number)).map {
            var member = GroupMember(
                run: RunID($0.int(0)), turn: $0.int(1), holds: $0.bool(2), cancelsInProgress: $0.bool(3),
                isCancelRequested: $0.bool(4))
            member.queuesAll = $0.bool(5)
            member.number = $0.int(6)
            member.job = $0.optionalInt(7).map(JobID.init)
            member.jobName = $0.text(8)
            return member
        }
    }

    /// Lets a job into the queue of the group that it wants, and makes the moves that are due then.
    ///
    /// - Returns: how many moves it made.
    @discardableResult
    public func enterGroup(_ job: JobID) throws -> Int {
        guard let group = try database.transaction({ try script(in: $0).enter(job) }) else { return 0 }
        return try wake(group)
    }

    /// Makes every move that is due in a group, each in a transaction of its own. Safe on every instance at once.
    ///
    /// - Returns: how many moves it made.
    @discardableResult
    public func wake(_ group: GroupID) throws -> Int {
        var moves = 0
        while moves < GroupLimits.movesMax {
            guard try database.transaction({ try script(in: $0).wake(group) }) != nil else { break }
            moves += 1
        }
        return moves
    }

    /// Looks at every group in which a run waits: an instance may have died between a commit and the wake-up.
    ///
    /// - Returns: how many moves it made; none while notifications arrive.
    @discardableResult
    public func wakeGroups() throws -> Int {
        var moves = 0
        var last: Int64 = 0
        while true {
            let jobs = try database.read(Self.wishes, .int(last), .int(GroupLimits.page)).map { $0.int(0) }
            try eachOf(jobs) { moves += try enterGroup(JobID($0)) }
            guard let next = jobs.last, jobs.count == Int(GroupLimits.page) else { break }
            last = next
        }
        last = 0
        while true {
            let groups = try database.read(Self.waitedFor, .int(last), .int(GroupLimits.page)).map { $0.int(0) }
            try eachOf(groups) { moves += try wake(GroupID($0)) }
            guard let next = groups.last, groups.count == Int(GroupLimits.page) else { return moves }
            last = next
        }
    }

    /// Removes groups that no run is of any more, after the given one.
    ///
    /// - Returns: how many went, and the last one looked at; nil: there are no more.
    public func removeUnusedGroups(after last: Int64, limit: Int) throws -> (removed: Int, last: Int64?) {
        try database.transaction { try GroupStore.removeUnused(after: last, limit: limit, in: $0) }
    }
}

enum GroupLimits {
    /// Moves in one group by one call; the sweep goes on where it ended.
    static let movesMax = 1000
    /// Groups read at once by the sweep.
    static let page: Int64 = 100
}
