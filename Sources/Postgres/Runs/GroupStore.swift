import Domain

/// Writes `concurrency_group`. Its row is locked before any run of the group (lock order: group, run, jobs, tasks, steps),
/// `for no key update`, since runs that refer to it are made meanwhile.
enum GroupStore {
    private static let enterNamed = Statement(
        "group_enter_named",
        """
        insert into concurrency_group as g (repository_id, name, shown) values ($1, $2, $3)
        on conflict on constraint concurrency_group_name_key do update set next_turn = g.next_turn + 1
        returning id, next_turn
        """)
    private static let enter = Statement(
        "group_enter", "update concurrency_group set next_turn = next_turn + 1 where id = $1 returning id, next_turn")
    private static let lock = Statement(
        "group_lock", "select id from concurrency_group where id = $1 for no key update")
    private static let shownName = Statement(
        "group_name", "select case when shown = '' then name else shown end from concurrency_group where id = $1")
    private static let unused = Statement(
        "group_unused",
        """
        select g.id from concurrency_group g
         where g.id > $1 and not exists (select 1 from run r where r.group_id = g.id)
           and not exists (select 1 from job j where j.group_id = g.id and j.status > 4)
         order by g.id limit $2 for update skip locked
        """)
    /// Asked again under the lock: a run may have come since the first statement's snapshot.
    private static let remove = Statement(
        "group_remove",
        """
        delete from concurrency_group g
         where g.id = any ($1) and not exists (select 1 from run r where r.group_id = g.id)
           and not exists (select 1 from job j where j.group_id = g.id and j.status > 4)
        returning g.id
        """)

    /// Makes the group where it is missing; its row is locked either way.
    static func enter(_ group: PlannedGroup, in repository: RepositoryID, in tx: Transaction) throws -> GroupEntry {
        let row = try tx.one(enterNamed, .int(repository.number), .text(group.key), .text(group.name))
        return GroupEntry(GroupID(row.int(0)), turn: row.int(1))
    }
    static func enter(_ group: GroupID, in tx: Transaction) throws -> GroupEntry {
        GroupEntry(group, turn: try tx.one(enter, .int(group.number)).int(1))
    }
    static func name(of group: GroupID, in tx: Transaction) throws -> String {
        try tx.first(shownName, .int(group.number))?.text(0) ?? ""
    }
    /// A group that is gone has no runs, and locks nothing.
    static func lock(_ group: GroupID, in tx: Transaction) throws { try tx.run(lock, .int(group.number)) }

    /// - Returns: how many went, and the last one looked at; nil: there are no more.
    static func removeUnused(after last: Int64, limit: Int, in tx: Transaction) throws -> (removed: Int, last: Int64?) {
        let found = try tx.run(unused, .int(last), .int(Int64(limit))).map { $0.int(0) }
        guard !found.isEmpty else { return (0, nil) }
        let removed = try tx.run(remove, .ints(found)).count
        return (removed, found.count < limit ? nil : found.last)
    }
}
