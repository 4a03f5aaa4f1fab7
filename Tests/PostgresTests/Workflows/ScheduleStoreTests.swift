import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The store of schedules")
struct ScheduleStoreTests {
    private static let line = ScheduledLine(
        workflow: ".gitea/workflows/a.yml", line: ScheduleLine(cron: "0 1 * * *", timezone: "Asia/Tokyo"))
    private static let other = ScheduledLine(workflow: ".gitea/workflows/a.yml", line: ScheduleLine(cron: "@daily"))
    private let fixture: RunFixture
    private let store: ScheduleStore
    private struct Broken: Error {}

    init() throws {
        fixture = try RunFixture()
        store = ScheduleStore(database: fixture.database)
        try ask()
    }

    private func ask(_ ref: String = "refs/heads/main") throws {
        try fixture.database.transaction {
            try ScheduleStore.ask(of: RunFixture.repository, moved: ref, by: RunFixture.ann, in: $0)
        }
    }
    private func read(_ lines: [ScheduledLine], seconds: Int64 = 3600) throws {
        let set = try #require(try store.takeSet(leaseSeconds: 60))
        #expect(try store.replace(set, by: lines.map { ($0, set.now.adding(seconds: seconds)) }))
    }
    private func text(_ sql: String) throws -> String { try fixture.text(sql) }
    private func events() throws -> String {
        try text("select coalesce(string_agg(event ->> 'n', ' ' order by id), '') from inbox where kind = 'schedule'")
    }
    private func fireAll(next: Int64 = 3600) throws -> Int {
        try store.due(after: nil, limit: 100).map(\.id).reduce(0) { count, id in
            try count
                + (store.fire(id) { slot, _ in (#"{"n": "\#(slot.line.line.cron)"}"#, slot.now.adding(seconds: next)) }
                    ? 1 : 0)
        }
    }

    @Test("lines are replaced, and those that stay keep their moment")
    func replaced() throws {
        try read([Self.line, Self.other])
        let before = try store.lines(of: RunFixture.repository).map(\.nextAt)
        try ask()
        try read([Self.other], seconds: 7200)
        let views = try store.lines(of: RunFixture.repository)
        #expect(views.map(\.line) == [Self.other] && views[0].nextAt == before[1])
        #expect(try text("select actor_id::text from schedule") == "1")
        try ask()
        try read([])
        #expect(try store.lines(of: RunFixture.repository).isEmpty)
    }

    @Test("a set that was asked for anew meanwhile is not stored; one that is taken is nobody else's")
    func overtaken() throws {
        let set = try #require(try store.takeSet(leaseSeconds: 60))
        #expect(try store.takeSet(leaseSeconds: 60) == nil)
        try ask()
        #expect(try !store.replace(set, by: [(Self.line, nil)]))
        #expect(try store.lines(of: RunFixture.repository).isEmpty)
        try read([Self.other])
        #expect(try store.takeSet(leaseSeconds: 60) == nil, "nothing is asked any more")
    }

    @Test(
        "what changes the lines asks for them: the default branch, an archive, a deletion, a disabled workflow",
        arguments: [
            ("update repository set default_branch = 'x'", true), ("update repository set is_archived = true", true),
            ("update repository set deleted_at = now()", true), ("update repository set description = 'x'", false),
            ("insert into workflow (repository_id, file, is_disabled) values (1, 'a.yml', true)", true),
        ])
    func asked(sql: String, asks: Bool) throws {
        try read([Self.line])
        try fixture.script(sql)
        #expect(try (store.takeSet(leaseSeconds: 60) != nil) == asks)
    }

    @Test(
        "a push that is settled asks for them, also one by a job's token, to the default branch alone",
        arguments: [
            ("refs/heads/main", TaskID?.none, true), ("refs/heads/main", TaskID(7), true), ("refs/heads/x", nil, false),
            ("refs/tags/main", nil, false),
        ])
    func settled(ref: String, task: TaskID?, asks: Bool) throws {
        try read([Self.line])
        let inbox = InboxStore(database: fixture.database)
        let update = InboxStore.RefUpdate(ref: ref, before: "0", after: "1")
        _ = try inbox.announce([update], repository: RunFixture.repository, pusher: RunFixture.ann, task: task)
        try inbox.confirm([update], repository: RunFixture.repository)
        try inbox.settle(try #require(try inbox.take()), as: .read, "", by: fixture.runs)
        #expect(try (store.takeSet(leaseSeconds: 60) != nil) == asks)
    }

    @Test("who hears of runs: what a push says, else what was read; where nobody knows, somebody may")
    func hears() throws {
        func hears() throws -> String { try text("select hears_runs::text from schedule_set") }
        #expect(try hears() == "true", "the push did not say")
        try read([])
        #expect(try hears() == "false")
        try fixture.database.transaction {
            try ScheduleStore.ask(of: RunFixture.repository, moved: "refs/heads/x", by: nil, hearsRuns: true, in: $0)
        }
        #expect(try hears() == "false", "another branch says nothing")
        _ = try fixture.plan([RunFixture.job("a")])
        #expect(try text("select count(*)::text from inbox where kind = 'workflow_run'") == "0")
        try fixture.script("update repository set default_branch = 'x'")
        #expect(try hears() == "true")
        let run = try fixture.plan([RunFixture.job("a")])
        #expect(
            try text("select string_agg(once, ' ') from inbox where kind = 'workflow_run'")
                == "run \(run) attempt 1 requested")
    }

    @Test("another branch asks for nothing")
    func otherBranch() throws {
        try read([Self.line])
        try ask("refs/heads/side")
        #expect(try store.takeSet(leaseSeconds: 60) == nil)
        try ask()
        #expect(try store.takeSet(leaseSeconds: 60) != nil)
    }

    @Test("a slot fires once, however many were missed, and again never")
    func once() throws {
        try read([Self.line, Self.other])
        #expect(try fireAll() == 0, "nothing is due")
        try fixture.script("update schedule set next_at = now() - interval '3 days'")
        #expect(try fireAll() == 2)
        #expect(try events() == "0 1 * * * @daily", "two lines that fire together are two events")
        #expect(try fireAll() == 0)
        // The line is back at a moment that has fired, as when it was removed and read again by a clock that is behind.
        try fixture.script("update schedule s set next_at = (select slot from schedule_slot o where o.cron = s.cron)")
        #expect(try fireAll() == 0)
        #expect(try text("select count(*)::text from schedule where next_at <= now()") == "0")
        #expect(try events() == "0 1 * * * @daily")
    }

    @Test("one that fails changes nothing and stops no other")
    func bad() throws {
        try read([Self.line, Self.other])
        try fixture.script("update schedule set next_at = now() - interval '1 minute'")
        let due = try store.due(after: nil, limit: 100).map(\.id)
        #expect(throws: Broken.self) { try store.fire(due[0]) { _, _ in throw Broken() } }
        #expect(try store.fire(due[1]) { _, _ in (#"{"n": "x"}"#, nil) })
        #expect(try store.due(after: nil, limit: 100).map(\.id) == [due[0]])
        #expect(try text("select count(*)::text from schedule_slot") == "1")
    }

    @Test("an archived or deleted repository fires nothing", arguments: ["is_archived = true", "deleted_at = now()"])
    func gone(how: String) throws {
        try read([Self.line])
        try fixture.script("update schedule set next_at = now() - interval '1 minute'; update repository set \(how)")
        #expect(try fireAll() == 0)
        #expect(try events().isEmpty)
        #expect(try store.lines(of: RunFixture.repository).isEmpty)
    }

    @Test("pages of what is due follow each other in the order of their moments")
    func pages() throws {
        try fixture.script(
            """
            insert into schedule (repository_id, workflow_path, cron, timezone, next_at)
            select 1, n::text, '@daily', '', now() + interval '1 day' from generate_series(1, 20000) n;
            insert into schedule (repository_id, workflow_path, cron, timezone, next_at)
            select 1, 'due ' || n, '@daily', '', now() - n / 2 * interval '1 minute' from generate_series(1, 7) n;
            analyze schedule;
            """)
        var found: [Int64] = []
        var last: ScheduleStore.Due?
        while true {
            let page = try store.due(after: last, limit: 3)
            found += page.map(\.id)
            guard let end = page.last else { break }
            last = end
        }
        #expect(found.count == 7 && Set(found).count == 7)
    }

    @Test("old slots go")
    func oldSlots() throws {
        try read([Self.line])
        try fixture.script("update schedule set next_at = now()")
        #expect(try fireAll() == 1)
        try store.removeOldSlots()
        #expect(try text("select count(*)::text from schedule_slot") == "1")
        try fixture.script("update schedule_slot set fired_at = now() - interval '31 days'")
        try store.removeOldSlots()
        #expect(try text("select count(*)::text from schedule_slot") == "0")
    }
}
