import Testing

@testable import Domain

@Suite("Legs of a matrix")
struct RunDraftTests {
    private static let stoppable = JobState.running(TaskID(9), runnerCanCancel: true)

    private static func leg(
        _ id: Int64, _ state: JobState = .blocked, key: String = "a", needs: [String] = [], failFast: Bool = true,
        max: Int64? = nil, condition: String? = nil, continueOnError: Bool = false
    ) -> JobSnapshot {
        var job = RunDecisionTests.job(
            id, key, needs: needs, state, condition: condition, continueOnError: continueOnError)
        job.strategy = LegStrategy(failFast: failFast, maxParallel: max)
        return job
    }
    private static func report(_ job: Int64, _ conclusion: Conclusion) -> RunEvent {
        .job(JobID(job), .reported(TaskID(9), conclusion, outputsComplete: true))
    }
    /// Ids of the jobs that start.
    private static func started(_ jobs: [JobSnapshot], _ event: RunEvent = .examined) throws -> [Int64] {
        try decide(RunSnapshot(jobs: jobs), event).compactMap {
            if case .move(let job, .waiting, _) = $0 { job.number } else { nil }
        }
    }

    @Test("start as max-parallel lets them, in their order")
    func maxParallel() throws {
        let all = (1...4).map { Self.leg($0, max: 2) }
        #expect(try Self.started(all, .planned) == [1, 2])
        #expect(try Self.started((1...4).map { Self.leg($0) }, .planned) == [1, 2, 3, 4])
        #expect(try Self.started((1...4).map { Self.leg($0, max: 9) }, .planned) == [1, 2, 3, 4])
        // Each of these has its slot; one that is being cancelled still.
        for state in [JobState.waiting, Self.stoppable, .cancelling(TaskID(9))] {
            #expect(try Self.started([Self.leg(1, state, max: 2), Self.leg(2, max: 2), Self.leg(3, max: 2)]) == [2])
            #expect(try Self.started([Self.leg(1, state, max: 1), Self.leg(2, max: 1)]) == [])
        }
        // The end of one lets the next start, whatever the end was.
        for conclusion in [Conclusion.success, .skipped] {
            let jobs = [Self.leg(1, Self.stoppable, max: 1), Self.leg(2, max: 1), Self.leg(3, max: 1)]
            #expect(try Self.started(jobs, Self.report(1, conclusion)) == [2])
        }
        // Another job's legs have slots of their own, and a skipped leg needs none.
        #expect(try Self.started([Self.leg(1, .waiting, max: 1), Self.leg(2, key: "b", max: 1)]) == [2])
        #expect(
            try Self.started([Self.leg(1, max: 1, condition: "failure()"), Self.leg(2, max: 1)], .planned) == [2])
    }

    @Test("the first that fails cancels the others that are not done, and says why")
    func failFast() throws {
        let jobs = [
            Self.leg(1, Self.stoppable), Self.leg(2, Self.stoppable), Self.leg(3, .waiting), Self.leg(4),
            Self.leg(5, .done(.success)), Self.leg(6, .cancelling(TaskID(9))), Self.leg(7, Self.stoppable, key: "b"),
            Self.leg(8, key: "c", needs: ["a"], condition: "failure()"), Self.leg(9, key: "d", needs: ["a"]),
        ]
        let changes = try decide(RunSnapshot(jobs: jobs), Self.report(1, .failure))
        var moves: [Int64: JobState] = [:]
        for case .move(let job, let state, let problem) in changes {
            moves[job.number] = state
            #expect(job.number == 1 || problem.hasPrefix("job 1, another leg of the same matrix, failed"))
        }
        #expect(
            moves == [
                1: .done(.failure), 2: .cancelling(TaskID(9)), 3: .done(.cancelled), 4: .done(.cancelled),
            ])
        #expect(
            changes.compactMap { change -> Int64? in if case .giveUp(let job) = change { job.number } else { nil } }
                == [2, 3, 4])
        #expect(changes.last == .run(.cancelling))
    }

    @Test("what needs the matrix sees a failure, and so does the run")
    func counted() throws {
        var given = Self.leg(2, .cancelling(TaskID(8)))
        given.isGivenUp = true
        let jobs = [
            Self.leg(1, .done(.failure)), given, Self.leg(3, key: "c", needs: ["a"], condition: "failure()"),
        ]
        let ended = RunEvent.job(JobID(2), .reported(TaskID(8), .cancelled, outputsComplete: true))
        #expect(try Self.started(jobs, ended) == [3])
        var done = given
        done.state = .done(.cancelled)
        #expect(RunSnapshot(jobs: [jobs[0], done]).status == .failure)
        #expect(needResult("a", among: [jobs[0], done]).result == .failure)
        // One that a person cancelled counts as cancelled.
        #expect(RunSnapshot(jobs: [jobs[0], Self.leg(2, .done(.cancelled))]).status == .cancelled)
    }

    @Test("go on beside a failure that continue-on-error or fail-fast: false bears, and in a rerun")
    func goOn() throws {
        let others: [(JobSnapshot, JobSnapshot)] = [
            (Self.leg(1, Self.stoppable, continueOnError: true), Self.leg(2, Self.stoppable)),
            (Self.leg(1, Self.stoppable, failFast: false), Self.leg(2, Self.stoppable, failFast: false)),
        ]
        for (first, second) in others {
            let changes = try decide(RunSnapshot(jobs: [first, second]), Self.report(1, .failure))
            #expect(changes == [RunDecisionTests.moved(1, .done(.failure)), .run(.running)])
        }
        // A leg that failed before is carried over by a rerun of another.
        #expect(try Self.started([Self.leg(1, .done(.failure)), Self.leg(2)], .planned) == [2])
    }

    @Test("one whose condition cannot be evaluated fails; the others do not start beside it")
    func brokenCondition() throws {
        let jobs = [
            Self.leg(1, condition: "github.ref == null"), Self.leg(2, condition: "fromJSON('{')"), Self.leg(3),
        ]
        let changes = try decide(RunSnapshot(jobs: jobs), .planned)
        #expect(changes.contains(.giveUp(JobID(1))) && changes.contains(.giveUp(JobID(3))))
        #expect(try Self.started(jobs, .planned) == [])
        #expect(changes.last == .run(.failure))
    }
}
