import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Jobs of a plan")
struct JobStoreTests {
    private let database: Database
    private let runs: RunStore
    private let dsn: String

    init() throws {
        dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            "insert into account (name) values ('ann'); insert into repository (owner_id, name) values (1, 'a');")
        database = Database(dsn: dsn, size: 2)
        runs = RunStore(database: database, settings: .init(base: "http://localhost"))
    }

    private func plan(_ jobs: [PlannedJob]) throws {
        let reserved = try runs.reserve(1, in: RepositoryID(1))[0]
        let run = PlannedRun(
            workflowID: "ci.yml", workflowPath: "ci.yml", title: "t", event: "push", ref: "r", sha: "1", payload: "{}",
            problem: "", jobs: jobs)
        try database.transaction { _ = try runs.plan(run, as: reserved, inbox: nil, actor: nil, in: $0) }
    }
    private func job(
        _ key: String, needs: [String] = [], runsOn: [String], condition: String? = nil, flags: [Bool] = [],
        timeout: Int64? = nil, steps: [String] = ["s"], definition: String? = nil
    ) -> PlannedJob {
        PlannedJob(
            key: key, name: "n \(key)", needs: needs, runsOn: runsOn, condition: condition,
            continueOnError: flags.first ?? false, hasOutputs: flags.dropFirst().first ?? false,
            timeoutSeconds: timeout, mayIdentify: flags.dropFirst(2).first ?? false,
            permissions: TokenPermissions(contents: .read), stepNames: steps, definition: definition, payload: key)
    }
    private static let stored = Statement(
        "stored",
        """
        select j.key, j.name, j.needs, s.labels, j.condition, j.timeout_seconds, j.step_names, j.definition, j.payload,
               j.token_permissions, concat_ws(' ', j.position, j.continue_on_error, j.has_outputs, j.id_token)
          from job j join label_set s on s.id = j.label_set_id order by j.id
        """)

    @Test("every column holds what was planned, whatever characters it has, in the order of the plan")
    func columns() throws {
        let odd = ["", "a,b", "{x}", "NULL", "null", #"q"q"#, #"b\b"#, " s ", "\n", "é😀"]
        try plan([
            job("z", runsOn: ["l", "k", "l"], steps: odd, definition: #"{"version":1}"#),
            job("b", needs: ["z", "a"], runsOn: odd, condition: "always()", flags: [true, false, true], timeout: 90),
            job("a", runsOn: [], flags: [false, true, false]),
        ])
        let rows = try database.read(Self.stored)
        #expect(rows.map { $0.text(0) } == ["z", "b", "a"])
        #expect(rows.map { $0.text(1) } == ["n z", "n b", "n a"])
        #expect(rows.map { $0.texts(2) } == [[], ["z", "a"], []])
        #expect(rows.map { $0.texts(3) } == [["k", "l"], odd.sorted(), []])
        #expect(rows.map { $0.optionalText(4) } == [nil, "always()", nil])
        #expect(rows.map { $0.optionalInt(5) } == [nil, 90, nil])
        #expect(rows.map { $0.texts(6) } == [odd, ["s"], ["s"]])
        #expect(rows.map { $0.optionalText(7) } == [#"{"version":1}"#, nil, nil])
        #expect(rows.map { $0.text(8) } == ["z", "b", "a"])
        #expect(Set(rows.map { $0.text(9) }) == ["contents:read,actions:none,packages:none"])
        #expect(rows.map { $0.text(10) } == ["0 f f f", "1 t f t", "2 f t f"])
    }

    @Test("a set of labels is there once, in whatever order and how often jobs and plans name it")
    func labels() throws {
        try plan([job("a", runsOn: ["x", "y"]), job("b", runsOn: ["y", "x"]), job("c", runsOn: ["x"])])
        try plan([job("d", runsOn: ["x"]), job("e", runsOn: ["y", "x", "y"]), job("f", runsOn: [])])
        let sets = try database.read(Statement("sets", "select array_to_string(labels, '+') from label_set order by 1"))
        #expect(sets.map { $0.text(0) } == ["", "x", "x+y"])
    }

    @Test("each job begins with its event")
    func events() throws {
        try plan((0..<3).map { job("j\($0)", runsOn: ["x"]) })
        let events = try database.read(
            Statement(
                "told",
                "select j.key || ' ' || e.status from event e join job j on j.id = e.job_id order by e.id"))
        #expect(events.prefix(3).map { $0.text(0) } == ["j0 7", "j1 7", "j2 7"])
    }

    @Test("a definition is made into the payload; without one the payload is as it was planned")
    func claimed() throws {
        let text = Array("on: push\njobs: {j: {runs-on: x, steps: [run: x]}}\n".utf8)
        let planned = try #require(readWorkflow(text, path: "ci.yml").workflow).jobs[0]
        let stored = String(decoding: planned.definition.stored, as: UTF8.self)
        try plan([
            job("new", runsOn: ["x"], definition: stored), job("old", runsOn: ["x"]),
            job("newer", runsOn: ["x"], definition: #"{"version":2}"#),
        ])
        _ = try database.write(
            Statement(
                "tasks",
                """
                insert into task (job_id, status, token_hash)
                select id, 6, sha256(key::bytea) from job order by id returning id
                """))
        let assignments = try (1...3).map { number in
            try #require(try database.transaction { try Assignment.load(TaskID(number), in: $0) })
        }
        #expect(try assignments[0].payload() == planned.payload)
        #expect(try assignments[1].payload() == Array("old".utf8))
        #expect(throws: JobDefinition.Fault.self) { try assignments[2].payload() }
    }

    @Test("a deferred job becomes its legs when its need is done, in the same transaction; a rerun runs the legs")
    func expand() throws {
        let values = "${{ fromJSON(needs.a.outputs.list) }}"
        let deferred =
            #"{"version":1,"path":"ci.yml","key":"j","needs":["a"],"file":{"on":"push","jobs":{"j":{"runs-on":"${{ matrix.v }}","strategy":{"matrix":{"v":"\#(values)"}},"steps":[{"run":"s"}]}}}}"#
        let placeholder = PlannedJob(
            key: "j", name: "j", needs: ["a"], runsOn: [], condition: nil, continueOnError: false, hasOutputs: false,
            timeoutSeconds: nil, stepNames: [], definition: deferred, isDeferred: true, payload: "")
        try plan([job("a", runsOn: ["x"]), placeholder, job("z", needs: ["j"], runsOn: ["x"])])
        _ = try database.write(
            Statement(
                "give_a",
                """
                with given as (insert into task (job_id, status, token_hash) values (1, 6, sha256('a')) returning id),
                     output as (insert into task_output (task_id, name, value) select id, 'list', '["p","q","x"]' from given)
                update job set status = 6, task_id = given.id from given where job.id = 1 returning job.id
                """))
        let state = Statement(
            "legs",
            """
            select j.name || ' ' || array_to_string(s.labels, '+') || ' ' || j.status || ' ' || j.position || ' '
                   || j.is_deferred || ' ' || array_to_string(j.step_names, ',') || ' ' || (j.queue_key is not null)
              from job j join label_set s on s.id = j.label_set_id where j.key = 'j' order by j.id
            """)
        #expect(try database.read(state).map { $0.text(0) } == ["j  7 1 true  false"])
        try runs.apply(.job(JobID(1), .reported(TaskID(1), .success, outputsComplete: true)), to: RunID(1))
        #expect(
            try database.read(state).map { $0.text(0) } == [
                "j (p) p 5 1 false Run s true", "j (q) q 5 3 false Run s true", "j (x) x 5 4 false Run s true",
            ])
        let told = try database.read(
            Statement(
                "told_legs",
                "select string_agg(status::text, ' ' order by id) from event where job_id is not null group by job_id order by job_id"
            ))
        #expect(told.map { $0.text(0) } == ["7 5 1", "7 5", "7", "7 5", "7 5"])
        try Connection(dsn: dsn).script("update job set status = 3 where status > 4; update run set status = 3")
        _ = try runs.rerun(RunID(1), .all, by: nil)
        #expect(try database.read(state).map { $0.text(0) }.suffix(3).map { $0.contains(" 7 ") } == [true, true, true])
    }

    @Test("max-parallel and fail-fast stand in the rows, and a rerun keeps them")
    func legs() throws {
        var leg = job("j", runsOn: ["x"])
        leg.strategy = LegStrategy(failFast: true, maxParallel: 1)
        try plan([leg, leg, leg])
        let state = Statement(
            "test_legs",
            "select status || ' ' || fail_fast || ' ' || max_parallel || ' ' || is_given_up from job where attempt_id = (select max(attempt_id) from job) order by id"
        )
        func states() throws -> [String] { try database.read(state).map { $0.text(0) } }
        #expect(try states() == ["5 true 1 false", "7 true 1 false", "7 true 1 false"])
        _ = try database.write(
            Statement(
                "test_run_first",
                """
                with given as (insert into task (job_id, status, token_hash) values (1, 6, sha256('a')) returning id)
                update job set status = 6, task_id = given.id from given where job.id = 1 returning job.id
                """))
        try runs.apply(.job(JobID(1), .reported(TaskID(1), .failure, outputsComplete: true)), to: RunID(1))
        #expect(try states() == ["2 true 1 false", "3 true 1 true", "3 true 1 true"])
        let run = Statement("test_run_status", "select status from run where id = 1")
        #expect(try database.readOne(run).status(0) == .failure)
        let findings = try Verification(database: database).replay { _ in }.findings
        #expect(findings.filter { $0.contains("its jobs make it") } == [])
        _ = try runs.rerun(RunID(1), .failed, by: nil)
        #expect(try states() == ["5 true 1 false", "7 true 1 false", "7 true 1 false"])
    }
}
