import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Rows of jobs that were called")
struct JobRowsTests {
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

    /// `c` calls a workflow of two jobs; `d` needs it.
    private func plan() throws {
        let callee =
            "on: {workflow_call: {outputs: {o: {value: '${{ jobs.x.result }}'}}}}\njobs: {x: {runs-on: l, steps: [run: x]}, y: {runs-on: l, needs: x, steps: [run: x]}}\n"
        let text =
            "on: push\njobs: {c: {uses: ./w.yml}, d: {runs-on: l, needs: c, if: \"needs.c.outputs.o == 'success'\", steps: [run: x]}}\n"
        let reading = readWorkflow(Array(text.utf8), path: ".gitea/workflows/ci.yml")
        var run = PlannedRun(
            workflowID: "ci.yml", workflowPath: "ci.yml", title: "t", event: "push", ref: "r", sha: "1", payload: "{}",
            problem: "", jobs: try #require(reading.workflow).jobs.map { PlannedJob($0) })
        run.calledFiles = [PlannedRun.CalledFile(name: "./w.yml", text: Array(callee.utf8))]
        let reserved = try runs.reserve(1, in: RepositoryID(1))[0]
        try database.transaction { _ = try runs.plan(run, as: reserved, inbox: nil, actor: nil, in: $0) }
    }

    private func rows() throws -> [String] {
        let state = Statement(
            "test_called_rows",
            """
            select j.name || ' ' || j.status || ' ' || coalesce(c.name, '-') from job j left join job c on c.id = j.caller_id
             where j.attempt_id = (select max(attempt_id) from job) order by j.id
            """)
        return try database.read(state).map { $0.text(0) }
    }

    /// A runner has the job, and reports.
    private func finish(_ job: Int64, task: Int64, _ conclusion: Conclusion) throws {
        try Connection(dsn: dsn).script(
            """
            insert into task (job_id, status, token_hash) values (\(job), 6, sha256('\(task)'));
            update job set status = 6, task_id = \(task) where id = \(job);
            insert into event (run_id, job_id, kind, status) values (1, \(job), 'job_status', 6);
            """)
        try runs.apply(
            .job(JobID(job), .reported(TaskID(task), conclusion, outputsComplete: true)), to: RunID(1))
    }

    private func verify() throws {
        let findings = try Verification(database: database).replay { _ in }.findings
        #expect(findings == [], "\(findings)")
    }

    @Test("stand behind the attempt's jobs, run, end the call, and give their outputs to who needs it")
    func called() throws {
        try plan()
        #expect(try rows() == ["c 6 -", "d 7 -", "c / x 5 c", "c / y 7 c"])
        try verify()
        try finish(3, task: 1, .success)
        try finish(4, task: 2, .success)
        #expect(try rows() == ["c 1 -", "d 5 -", "c / x 1 c", "c / y 1 c"])
        let outputs = try database.readOne(Statement("test_call_outputs", "select call_outputs from job where id = 1"))
        #expect(outputs.text(0) == #"{"o":"success"}"#)
        try verify()
    }

    @Test("a rerun of all calls anew; of what failed, it goes on with the same call")
    func rerun() throws {
        try plan()
        try finish(3, task: 1, .success)
        try finish(4, task: 2, .failure)
        #expect(try rows() == ["c 2 -", "d 4 -", "c / x 1 c", "c / y 2 c"])
        _ = try runs.rerun(RunID(1), .failed, by: nil)
        #expect(try rows() == ["c 6 -", "d 7 -", "c / x 1 c", "c / y 5 c"])
        let callers = Statement(
            "test_callers",
            "select count(*) from job j join job c on c.id = j.caller_id where c.attempt_id <> j.attempt_id")
        #expect(try database.readOne(callers).int(0) == 0)
        try verify()
        try runs.apply(.cancelRequested, to: RunID(1))
        #expect(try rows() == ["c 3 -", "d 3 -", "c / x 1 c", "c / y 3 c"])
        _ = try runs.rerun(RunID(1), .all, by: nil)
        #expect(try rows() == ["c 6 -", "d 7 -", "c / x 5 c", "c / y 7 c"])
        try verify()
    }
}
