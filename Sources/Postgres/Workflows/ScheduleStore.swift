import Domain

/// Writes `schedule_set`, `schedule` and `schedule_slot`: what starts workflows by the clock (docs/adr/0033).
///
/// Lines are read from git outside of any transaction and stored only if nothing asked for them anew meanwhile. A slot fires in
/// a transaction of its own: the line's row locked, the slot inserted once, the event told, the next moment written.
public struct ScheduleStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    // MARK: sets

    private static let ask = Statement(
        "schedule_ask",
        """
        insert into schedule_set (repository_id, actor_id, hears_runs)
        select id, $3, $4 from repository where id = $1 and 'refs/heads/' || default_branch = $2
            on conflict (repository_id)
            do update set asked = schedule_set.asked + 1, due_at = now(),
                          actor_id = coalesce(excluded.actor_id, schedule_set.actor_id), hears_runs = excluded.hears_runs
        """)
    private static let takeSet = Statement(
        "schedule_set_take",
        """
        update schedule_set set due_at = now() + make_interval(secs => $1::bigint)
         where repository_id = (select repository_id from schedule_set where done < asked and due_at <= now()
                                 order by due_at limit 1 for no key update skip locked)
        returning repository_id, asked, now()
        """)
    private static let lockSet = Statement(
        "schedule_set_lock", "select asked from schedule_set where repository_id = $1 for no key update")
    private static let put = Statement(
        "schedule_put",
        """
        insert into schedule (repository_id, workflow_path, cron, timezone, actor_id, next_at)
        select $1, u.path, u.cron, u.zone, (select actor_id from schedule_set where repository_id = $1),
               case when u.next > 0 then to_timestamp(u.next / 1e6) end
          from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as u (path, cron, zone, next)
            on conflict on constraint schedule_once do nothing
        """)
    private static let removeOthers = Statement(
        "schedule_remove_others",
        """
        delete from schedule s where repository_id = $1 and not exists (
               select from unnest($2::text[], $3::text[], $4::text[]) as u (path, cron, zone)
                where u.path = s.workflow_path and u.cron = s.cron and u.zone = s.timezone)
        """)
    private static let finishSet = Statement(
        "schedule_set_done", "update schedule_set set done = $2, hears_runs = $3 where repository_id = $1")

    /// A ref of the repository moved: if it is the default branch, its lines are to be read again.
    ///
    /// - Parameter hearsRuns: a workflow there lists `workflow_run`, or may.
    static func ask(
        of repository: RepositoryID, moved ref: String, by actor: AccountID?, hearsRuns: Bool = true, in tx: Transaction
    ) throws {
        try tx.run(ask, .int(repository.number), .text(ref), .optional(actor?.number), .bool(hearsRuns))
    }

    /// A repository whose lines are to be read.
    public struct DueSet: Sendable {
        public let repository: RepositoryID
        let asked: Int64
        public let now: Instant
    }

    /// Takes one; nil when none is due. If whoever takes it dies, another does.
    public func takeSet(leaseSeconds: Int64) throws -> DueSet? {
        try database.write(Self.takeSet, .int(leaseSeconds)).first.map {
            DueSet(
                repository: RepositoryID($0.int(0)), asked: $0.int(1),
                now: $0.instant(2) ?? Instant(microseconds: 0))
        }
    }

    /// Replaces the stored lines. Those that stay keep their next moment, so that one that is due is not lost.
    ///
    /// - Parameter lines: each with its next moment; nil: it never fires.
    /// - Parameter hearsRuns: a workflow of the default branch lists `workflow_run`.
    /// - Returns: false, with nothing changed, when they were asked for anew since.
    @discardableResult
    public func replace(
        _ set: DueSet, by lines: [(line: ScheduledLine, next: Instant?)], hearsRuns: Bool = false
    ) throws -> Bool {
        try database.transaction { tx in
            guard try tx.first(Self.lockSet, .int(set.repository.number))?.int(0) == set.asked else { return false }
            let repository = Value.int(set.repository.number)
            let paths = Value.texts(lines.map(\.line.workflow))
            let crons = Value.texts(lines.map(\.line.line.cron))
            let zones = Value.texts(lines.map { $0.line.line.timezone ?? "" })
            try tx.run(Self.removeOthers, repository, paths, crons, zones)
            try tx.run(Self.put, repository, paths, crons, zones, .ints(lines.map { $0.next?.microseconds ?? 0 }))
            try tx.run(Self.finishSet, repository, .int(set.asked), .bool(hearsRuns))
            return true
        }
    }

    // MARK: slots

    private static let due = Statement(
        "schedule_due",
        """
        select id, next_at from schedule
         where next_at <= now() and (next_at, id) > (to_timestamp($1 / 1e6), $2::bigint) order by next_at, id limit $3
        """)
    /// Passed over while another instance fires it.
    private static let lock = Statement(
        "schedule_lock",
        """
        select repository_id, workflow_path, cron, timezone, actor_id, next_at
          from schedule where id = $1 and next_at <= now() for no key update skip locked
        """)
    private static let clock = Statement("schedule_clock", "select now()")
    private static let fire = Statement(
        "schedule_fire",
        """
        insert into schedule_slot (repository_id, workflow_path, cron, timezone, slot, inbox_id)
        values ($1, $2, $3, $4, to_timestamp($5 / 1e6), $6) on conflict do nothing returning 1
        """)
    private static let hasFired = Statement(
        "schedule_has_fired",
        """
        select 1 from schedule_slot
         where repository_id = $1 and workflow_path = $2 and cron = $3 and timezone = $4 and slot = to_timestamp($5 / 1e6)
        """)
    private static let move = Statement(
        "schedule_move",
        "update schedule set next_at = case when $2 > 0 then to_timestamp($2 / 1e6) end where id = $1")
    private static let remove = Statement("schedule_remove", "delete from schedule where id = $1")

    /// A line whose moment has come.
    public struct Slot: Sendable {
        public let line: ScheduledLine
        public let slot: Instant
        public let now: Instant
    }

    /// A line that is due.
    public struct Due: Equatable, Sendable {
        public let id: Int64
        public let at: Instant
    }

    /// Lines that are due, behind the given one in the order of their moments.
    public func due(after last: Due?, limit: Int64) throws -> [Due] {
        try database.read(Self.due, .int(last?.at.microseconds ?? 0), .int(last?.id ?? 0), .int(limit)).compactMap {
            row in
            row.instant(1).map { Due(id: row.int(0), at: $0) }
        }
    }

    /// Fires one line if its moment has come and nobody fired it. However many moments passed, it fires once.
    ///
    /// - Parameters:
    ///   - event: the payload, and the next moment behind `now`.
    /// - Returns: whether it fired.
    @discardableResult
    public func fire(
        _ id: Int64, event: (Slot, Repository) throws -> (payload: String, next: Instant?)
    ) throws -> Bool {
        try database.transaction { tx in
            guard let row = try tx.first(Self.lock, .int(id)), let slot = row.instant(5),
                let now = try tx.one(Self.clock).instant(0)
            else { return false }
            let owner = RepositoryID(row.int(0))
            guard let repository = try RepositoryStore.repository(owner, in: tx), repository.details.mayStart else {
                try tx.run(Self.remove, .int(id))
                return false
            }
            let zone = row.text(3)
            let line = ScheduledLine(
                workflow: row.text(1), line: ScheduleLine(cron: row.text(2), timezone: zone.isEmpty ? nil : zone))
            let key: [Value] = [.int(owner.number), .text(line.workflow), .text(line.line.cron), .text(zone)]
            let (payload, next) = try event(Slot(line: line, slot: slot, now: now), repository)
            try tx.run(Self.move, .int(id), .int(next?.microseconds ?? 0))
            guard try tx.first(Self.hasFired, key[0], key[1], key[2], key[3], .int(slot.microseconds)) == nil else {
                return false
            }
            let inbox = try InboxStore.tell(
                .schedule, payload: payload, in: owner, by: row.optionalInt(4).map(AccountID.init), in: tx)
            // Beside `hasFired`: it alone decides between two that fire a slot at once.
            guard
                try tx.first(
                    Self.fire, key[0], key[1], key[2], key[3], .int(slot.microseconds), .int(inbox.number)) != nil
            else { throw SlotTaken() }
            return true
        }
    }

    /// Another line of the same words fired the slot while this one did: everything is rolled back, and looked at again.
    private struct SlotTaken: Error {}

    private static let removeSlots = Statement(
        "schedule_remove_slots",
        "delete from schedule_slot where fired_at < now() - make_interval(secs => $1::bigint)")

    public func removeOldSlots() throws {
        try database.write(Self.removeSlots, .int(ScheduleLimits.slotKeptSeconds))
    }

    // MARK: questions

    private static let ofRepository = Statement(
        "schedule_of_repository",
        """
        select workflow_path, cron, timezone, next_at from schedule
         where repository_id = $1 order by workflow_path, id limit $2
        """)

    /// A line with its next slot.
    public struct View: Sendable {
        public let line: ScheduledLine
        /// Microseconds since 1970; nil: never.
        public let nextAt: Int64?

        package init(line: ScheduledLine, nextAt: Int64?) {
            self.line = line
            self.nextAt = nextAt
        }
    }

    public func lines(of repository: RepositoryID) throws -> [View] {
        try database.read(Self.ofRepository, .int(repository.number), .int(Int64(ScheduleLimits.linesMax))).map {
            let zone = $0.text(2)
            return View(
                line: ScheduledLine(
                    workflow: $0.text(0), line: ScheduleLine(cron: $0.text(1), timezone: zone.isEmpty ? nil : zone)),
                nextAt: $0.microseconds(3))
        }
    }
}
