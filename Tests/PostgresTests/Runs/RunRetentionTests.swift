import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("The end of old runs")
struct RunRetentionTests {
    private let fixture: RunFixture
    private var runs: RunStore { fixture.runs }

    init() throws { fixture = try RunFixture() }

    private func age(_ run: RunID, hours: Int) throws {
        try fixture.script("update run set stopped_at = now() - interval '\(hours) hours' where id = \(run)")
    }
    private func left() throws -> String {
        try fixture.text("select coalesce(string_agg(number::text, ' ' order by number), '') from run")
    }

    @Test("finished ones that stopped long enough ago go, the longest ago first, with all that is theirs")
    func old() throws {
        let made = try (0..<4).map { _ in try fixture.plan([RunFixture.job("a", condition: "false")]) }
        let unfinished = try fixture.plan([RunFixture.job("a")])
        for (index, run) in made.enumerated() { try age(run, hours: 10 - index) }
        try age(unfinished, hours: 10)
        #expect(try runs.removeOld(olderThanSeconds: 11 * 3600, limit: 10) == 0)
        #expect(try runs.removeOld(olderThanSeconds: 8 * 3600 - 60, limit: 2) == 2)
        #expect(try left() == "3 4 5")
        #expect(try runs.removeOld(olderThanSeconds: 8 * 3600 - 60, limit: 2) == 1)
        #expect(try left() == "4 5")
        #expect(try fixture.text("select count(*)::text from job") == "2")
        #expect(try fixture.text("select count(*)::text from event where run_id = \(made[0])") == "0")
    }

    @Test("one whose log is still rows is waited for, unless the log was put aside")
    func unsealed() throws {
        let runner = try fixture.runner("r")
        let run = try fixture.plan([RunFixture.job("a")])
        try fixture.report(try #require(try fixture.claim(runner).first?.assignment.task), by: runner, .success)
        try age(run, hours: 10)
        #expect(try runs.removeOld(olderThanSeconds: 60, limit: 10) == 0)
        try fixture.script("update task set log_seal_due_at = 'infinity'")
        #expect(try runs.removeOld(olderThanSeconds: 60, limit: 10) == 1)
    }

    @Test("one is removed by hand with all that is its, unless it runs or is another repository's")
    func byHand() throws {
        let runner = try fixture.runner("r")
        let run = try fixture.plan([RunFixture.job("a")])
        let task = try #require(try fixture.claim(runner).first?.assignment.task)
        try fixture.script(
            """
            insert into artifact (repository_id, owner_id, run_id, attempt, protocol, name, file_name, mime_type, status, expires_at, uploaded_at)
            values (1, 1, \(run), 1, 4, 'x', 'x', 'y', 2, now() + interval '1 day', now());
            insert into blob (digest, bytes) values (sha256('x'), 1);
            insert into artifact_file (artifact_id, path, blob_id, bytes) values (1, 'x', 1, 1);
            insert into job_summary (task_id, step, content) values (\(task), 0, 'x');
            """)
        #expect(throws: RunRemovalRefusal()) { try runs.remove(run, in: RunFixture.repository, by: RunFixture.ann) }
        try fixture.report(task, by: runner, .success)
        try fixture.script(
            """
            insert into log_file (task_id, path, rows, bytes, file_bytes, segment_row, segment_byte, segment_file_offset, task_stopped_at)
            values (\(task), '01/1-1.log.gz', 1, 1, 1, '{0}', '{0}', '{0}', now())
            """)
        #expect(try runs.remove(run, in: RepositoryID(2), by: nil) == false)
        #expect(try runs.remove(run, in: RunFixture.repository, by: RunFixture.ann))
        for table in ["run", "attempt", "job", "task", "artifact", "job_summary", "log_file"] {
            #expect(try fixture.text("select count(*)::text from \(table)") == "0", "\(table)")
        }
        // What lies on disk is left to the sweeps that read these.
        #expect(try fixture.text("select string_agg(blob_id::text, ' ') from blob_loose") == "1")
        #expect(try fixture.text("select string_agg(path, ' ') from log_removal") == "01/1-1.log.gz")
        #expect(try fixture.text("select actor_id::text from event where kind = 'run_removed'") == "1")
        #expect(try runs.remove(run, in: RunFixture.repository, by: nil) == false)
    }

    @Test("of a removal and a rerun at the same time one wins, whole")
    func removalAndRerun() throws {
        for _ in 0..<20 {
            let run = try fixture.plan([RunFixture.job("a", runsOn: ["nobody"])])
            try runs.apply(.cancelRequested, to: run)
            let outcomes = Seen<String>()
            let runs = runs
            atOnce(2) { index in
                do {
                    if index == 0 {
                        outcomes.add(try runs.remove(run, in: RunFixture.repository, by: nil) ? "removed" : "missing")
                    } else {
                        outcomes.add(try runs.rerun(run, .all, by: nil) == nil ? "gone" : "rerun")
                    }
                } catch { outcomes.add(error is RunRemovalRefusal ? "not done" : "\(error)") }
            }
            let left = try fixture.text(
                "select coalesce(string_agg(status::text, ' ' order by id), '') from job where run_id = \(run)")
            switch outcomes.all.sorted() {
            case ["gone", "removed"]: #expect(left.isEmpty)
            case ["not done", "rerun"]: #expect(left == "3 5")
            case let other: Issue.record("\(other)")
            }
        }
    }

    @Test("one that somebody changes right now waits for the next turn")
    func locked() throws {
        let run = try fixture.plan([RunFixture.job("a", condition: "false")])
        try age(run, hours: 10)
        let other = Database(dsn: fixture.database.dsn, size: 1)
        try other.transaction { tx in
            try tx.run(Statement("hold_run", "select id from run for no key update"))
            #expect(try runs.removeOld(olderThanSeconds: 60, limit: 10) == 0)
        }
        #expect(try runs.removeOld(olderThanSeconds: 60, limit: 10) == 1)
    }

    @Test("sets of labels that no job asks for go, those that one asks for stay")
    func labelSets() throws {
        let run = try fixture.plan([RunFixture.job("a", runsOn: ["a"], condition: "false")])
        try fixture.plan([RunFixture.job("b", runsOn: ["b"])])
        try fixture.script("insert into label_set (labels) values ('{c}'), ('{d}')")
        func sweep() throws -> Int {
            let first = try runs.removeUnusedLabelSets(after: 0, limit: 2)
            let second = try first.last.map { try runs.removeUnusedLabelSets(after: $0, limit: 2).removed }
            return first.removed + (second ?? 0)
        }
        #expect(try sweep() == 2)
        try age(run, hours: 1)
        _ = try runs.removeOld(olderThanSeconds: 60, limit: 10)
        #expect(try sweep() == 1)
        #expect(try fixture.text("select string_agg(array_to_string(labels, '+'), ' ') from label_set") == "b")
    }

    @Test("events of no run go by their age")
    func events() throws {
        _ = try fixture.runner("r")
        #expect(try runs.removeEvents(olderThanSeconds: 60, limit: 10) == 0)
        try fixture.script("update event set at = now() - interval '1 hour'")
        #expect(try runs.removeEvents(olderThanSeconds: 60, limit: 10) == 1)
    }
}
