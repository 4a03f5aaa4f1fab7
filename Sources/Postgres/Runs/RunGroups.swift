import Domain

/// Runs of concurrency groups: who is in one, and the moves that are due (Domain/Runs/Concurrency.swift).
extension RunStore {
    private static let ofRun = Statement("run_group", "select group_id from run where id = $1")
    private static let unfinished = Statement(
        "run_group_members",
        """
        select id, group_turn, held_attempt is not distinct from latest_attempt, cancels_in_progress,
               cancelled_attempt is not distinct from latest_attempt
          from run where group_id = $1 and status > 4 order by group_turn
        """)
    /// Groups in which somebody waits: few, and a move is due in hardly any of them.
    private static let waitedFor = Statement(
        "run_groups_waited_for",
        """
        select distinct group_id from run
         where group_id > $1 and status > 4 and held_attempt is distinct from latest_attempt order by 1 limit $2
        """)

    static func group(of run: RunID, in tx: Transaction) throws -> GroupID? {
        try tx.first(ofRun, .int(run.number))?.optionalInt(0).map(GroupID.init)
    }
    static func members(of group: GroupID, in tx: Transaction) throws -> [GroupMember] {
        try tx.run(unfinished, .int(group.number)).map {
            GroupMember(
                run: RunID($0.int(0)), turn: $0.int(1), holds: $0.bool(2), cancelsInProgress: $0.bool(3),
                isCancelRequested: $0.bool(4))
        }
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
