import Domain
import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("The inbox of pushes")
struct InboxStoreTests {
    private static let states = Statement(
        "states",
        "select string_agg(state, ' ' order by id), count(*) filter (where lease_until is not null) from inbox")
    private let database: Database
    private let inbox: InboxStore
    private let runs: RunStore
    private let connection: Connection
    private let dsn: String

    /// Owners 1 and 2 with two repositories each: 1 and 2, 3 and 4.
    init() throws {
        dsn = try PrivatePostgres.migratedDatabase()
        connection = try Connection(dsn: dsn)
        try connection.script(
            """
            insert into account (name) values ('ann'), ('bob');
            insert into repository (owner_id, name) values (1, 'a'), (1, 'b'), (2, 'c'), (2, 'd');
            """)
        database = Database(dsn: dsn, size: 4)
        inbox = InboxStore(database: database)
        runs = RunStore(database: database, settings: .init(base: "http://localhost"))
    }

    private func push(_ repository: Int64, _ refs: [String]) throws {
        let updates = refs.map {
            InboxStore.RefUpdate(
                ref: $0, before: String(repeating: "0", count: 40), after: String(repeating: "1", count: 40))
        }
        #expect(
            try inbox.announce(updates, repository: RepositoryID(repository), pusher: AccountID(1), task: nil))
        try inbox.confirm(updates, repository: RepositoryID(repository))
    }
    private func taken() throws -> String? { try inbox.take().map { "\($0.repository) \($0.ref)" } }
    private func run(_ path: String, _ jobs: [PlannedJob] = []) throws -> (plan: PlannedRun, as: RunReservation) {
        let reserved = try runs.reserve(1, in: RepositoryID(1))[0]
        let plan = PlannedRun(
            workflowID: path, workflowPath: path, title: "t", event: "push", ref: "refs/heads/x", sha: "1",
            payload: "{}",
            problem: jobs.isEmpty ? "none" : "", jobs: jobs)
        return (plan, reserved)
    }
    private func job(_ name: String) -> PlannedJob {
        PlannedJob(
            key: "a", name: name, needs: [], runsOn: ["x"], condition: nil, continueOnError: false, hasOutputs: false,
            timeoutSeconds: nil, stepNames: ["s"], payload: "{}")
    }

    @Test("H8: owners take turns, then repositories; one push of a repository and two of an owner at once")
    func turns() throws {
        try push(1, (1...20).map { "refs/heads/\($0)" })
        try push(2, ["refs/heads/x"])
        let first = try #require(try inbox.take())
        #expect(first.ref == "refs/heads/1")
        try push(3, ["refs/heads/y"])
        try push(4, ["refs/heads/z"])
        #expect(try taken() == "3 refs/heads/y", "bob waited, ann is being read")
        #expect(try Set([taken() ?? "", taken() ?? ""]) == ["2 refs/heads/x", "4 refs/heads/z"])
        #expect(try taken() == nil, "nineteen are left, but ann has two readers")
        try inbox.settle(first, as: .read, "", by: runs)
        #expect(try taken() == "1 refs/heads/2", "in the order in which they were pushed")
    }

    @Test("A4: a lease that ran out is taken by another, and the first settles nothing")
    func lease() throws {
        try push(1, ["refs/heads/x"])
        let first = try #require(try inbox.take())
        #expect(first.tries == 1, "counted before it is read")
        #expect(try inbox.take() == nil)
        try connection.script("update inbox set lease_until = now() - interval '1 second'")
        let second = try #require(try inbox.take())
        #expect(second.tries == 2)
        #expect(try !inbox.keep(first))
        #expect(try inbox.keep(second))
        #expect(throws: InboxStore.TakenOver.self) {
            try inbox.settle(first, as: .read, "", runs: [try run("a.yml")], by: runs)
        }
        try inbox.settle(second, as: .read, "", runs: [try run("a.yml")], by: runs)
        #expect(try database.read(Statement("runs", "select number from run")).map { $0.int(0) } == [2])
        #expect(try database.read(Self.states).map { "\($0.text(0)) \($0.int(1))" } == ["read 0"])
    }

    @Test("H9: what cannot be stored is one failed run, and the push's others are made")
    func refused() throws {
        try push(1, ["refs/heads/x"])
        let entry = try #require(try inbox.take())
        try inbox.settle(
            entry, as: .read, "",
            runs: [try run("a.yml", [job("ok")]), try run("b.yml", [job("bad\0name")]), try run("c.yml", [job("ok")])],
            by: runs)
        let made = try database.read(
            Statement(
                "made",
                "select workflow_path || ' ' || status || ' ' || (problem like '%22021%')::text from run order by id"))
        #expect(made.map { $0.text(0) } == ["a.yml 5 false", "b.yml 2 true", "c.yml 5 false"])
    }

    @Test(
        "H8, H23: what ends its readers five times is put aside and said; a try that PostgreSQL spoilt does not count")
    func quarantine() throws {
        try push(1, ["refs/heads/x"])
        for _ in 0..<InboxLimits.triesMax {
            #expect(try inbox.putAside() == [])
            #expect(try inbox.take() != nil)
            try connection.script("update inbox set lease_until = now() - interval '1 second'")
        }
        #expect(try inbox.take() == nil)
        #expect(try inbox.putAside().count == 1)
        #expect(try inbox.quarantined(of: RepositoryID(1)).first?.problem.isEmpty == false)
        try push(2, ["refs/heads/y"])
        try inbox.giveBack(try #require(try inbox.take()))
        let again = try #require(try inbox.take())
        #expect(again.tries == 1)
        try inbox.postpone(again, problem: "git\0failed")
        #expect(try inbox.take() == nil, "not due yet")
        #expect(try inbox.latest(of: RepositoryID(2)).first?.problem == "gitfailed")
    }

    @Test("A4: a row that somebody has locked holds up nobody, and is not taken over")
    func locked() throws {
        try push(1, ["refs/heads/x"])
        try push(3, ["refs/heads/y"])
        // As a server of before 0040 holds it while git runs, and ours while it stores the runs.
        try connection.script("begin; select id from inbox where repository_id = 1 for update")
        #expect(try taken() == "3 refs/heads/y")
        #expect(try taken() == nil)
        try connection.script("update inbox set tries = 5 where repository_id = 1")
        #expect(try inbox.putAside() == [])
        try connection.script("rollback")
        #expect(try taken() == "1 refs/heads/x")
    }

    @Test("A4: storing the runs of a push may take longer than its lease")
    func slowSettle() throws {
        try push(1, ["refs/heads/x"])
        let entry = try #require(try inbox.take())
        try connection.script("update inbox set lease_until = now() - interval '1 second'")
        // Another reader looks for work after every job that is stored.
        try connection.script(
            """
            create extension dblink;
            create table looked (answer text);
            create function look() returns trigger language plpgsql as $$
            begin
                insert into looked select * from dblink('\(dsn)',
                    'select count(*)::text from (select id from inbox for update skip locked) free') as t (answer text);
                return new;
            end $$;
            create trigger look before insert on job for each row execute function look();
            """)
        try inbox.settle(entry, as: .read, "", runs: [try run("a.yml", [job("ok")])], by: runs)
        #expect(try database.read(Statement("looked", "select answer from looked")).map { $0.text(0) } == ["0"])
        #expect(try inbox.take() == nil)
    }

    @Test("A12: settled rows go after their time, what was put aside later")
    func retention() throws {
        try push(1, ["refs/heads/a", "refs/heads/b", "refs/heads/c"])
        try connection.script(
            """
            update inbox set state = 'read', settled_at = now() - interval '15 days' where ref = 'refs/heads/a';
            update inbox set state = 'quarantined', settled_at = now() - interval '15 days' where ref = 'refs/heads/b';
            """)
        #expect(try inbox.removeSettled() == 1)
        #expect(try database.read(Self.states).map { $0.text(0) } == ["quarantined confirmed"])
        try connection.script("update inbox set settled_at = now() - interval '91 days' where state = 'quarantined'")
        #expect(try inbox.removeSettled() == 1)
        // A server of before 0040 does not write down when it settled.
        try connection.script("update inbox set state = 'dropped', settled_at = null")
        #expect(try inbox.removeSettled() == 0)
        try connection.script("update inbox set created_at = now() - interval '15 days'")
        #expect(try inbox.removeSettled() == 1)
    }

    @Test("field 07: the repository as a push found it, without what it and later ones moved")
    func before() throws {
        try push(1, ["refs/heads/a", "refs/heads/b"])
        let entry = try #require(try inbox.take())
        try push(1, ["refs/heads/c"])
        try push(2, ["refs/heads/d"])
        #expect(try inbox.movedSince(entry).map(\.ref) == ["refs/heads/a", "refs/heads/b", "refs/heads/c"])
    }

    @Test("rows of any kind are taken, settled and put aside; what an older server announces is a push")
    func kinds() throws {
        // As a server of before 0067 writes a push.
        try connection.script(
            """
            insert into inbox (repository_id, owner_id, pusher_id, ref, before, after, state, due_at)
            values (1, 1, 1, 'refs/heads/x', '1', '2', 'confirmed', now());
            """)
        let push = try #require(try inbox.take())
        #expect(try push.event().event == .push(.init(ref: "refs/heads/x", before: "1", after: "2")))
        #expect(try push.event().payload == nil)
        try inbox.settle(push, as: .read, "", by: runs)
        try connection.script(
            """
            insert into inbox (repository_id, owner_id, pusher_id, kind, event, state, due_at)
            values (1, 1, 1, 'repository_dispatch', '{"action":"go","client_payload":{"a":1}}', 'confirmed', now());
            """)
        let dispatch = try #require(try inbox.take())
        let told = try dispatch.event()
        #expect(told.event == .repositoryDispatch(type: "go"))
        #expect(told.payload?.json.contains("client_payload") == true)
        try inbox.settle(dispatch, as: .read, "", runs: [try run("a.yml", [job("ok")])], by: runs)
        try connection.script(
            """
            insert into inbox (repository_id, owner_id, pusher_id, kind, event, state, due_at)
            values (2, 1, 1, 'schedule', '{}', 'confirmed', now());
            """)
        let broken = try #require(try inbox.take())
        #expect(throws: EventFault("payload of event \"schedule\" has no \"schedule\"")) { try broken.event() }
        try connection.script("update inbox set tries = 5, lease_until = null where kind = 'schedule'")
        #expect(try inbox.putAside() == [broken.id])
        #expect(try inbox.quarantined(of: RepositoryID(2)).map(\.id) == [broken.id])
        #expect(throws: PostgresError.self, "an event that is not told") {
            try connection.script("insert into inbox (repository_id, kind) values (1, 'issues')")
        }
    }

    @Test("a kind that a newer server wrote is left to it, and holds up no other row")
    func newerKind() throws {
        try connection.script(
            """
            insert into inbox (repository_id, owner_id, kind, event, state, due_at)
            values (1, 1, 'moonrise', '{}', 'confirmed', now() - interval '1 minute'),
                   (1, 1, 'workflow_call', '{}', 'confirmed', now() - interval '1 minute');
            """)
        try push(1, ["refs/heads/x"])
        #expect(try taken() == "1 refs/heads/x")
        #expect(try inbox.take() == nil)
        #expect(try inbox.putAside() == [])
        let rows = try database.read(Statement("tried", "select sum(tries) from inbox where kind <> 'push'"))
        #expect(rows.map { $0.int(0) } == [0])
    }

    @Test("an event that is read at once is nobody else's until its reader is silent; then it is read all the same")
    func begun() throws {
        let payload = #"{"workflow":"ci.yml","ref":"refs/heads/main"}"#
        let repository = RepositoryID(1)
        let entry = try #require(
            try inbox.begin(.workflowDispatch, payload: payload, in: repository, by: AccountID(1), task: nil))
        #expect(try entry.event().payload?.json == payload && entry.pusher == AccountID(1))
        #expect(try inbox.take() == nil)
        try connection.script("update inbox set lease_until = now() where id = \(entry.id)")
        let again = try #require(try inbox.take())
        #expect(again.id == entry.id && again.tries == 2)
        #expect(throws: InboxStore.TakenOver.self) {
            try inbox.settle(entry, as: .read, "", runs: [try run("a.yml", [job("ok")])], by: runs)
        }
        try inbox.settle(again, as: .read, "", runs: [try run("a.yml", [job("ok")])], by: runs)
        #expect(try inbox.begin(.workflowDispatch, payload: "{}", in: RepositoryID(99), by: nil, task: nil) == nil)
    }
}
