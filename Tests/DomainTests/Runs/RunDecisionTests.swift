import Testing

@testable import Domain

@Suite("A run")
struct RunDecisionTests {
    static func job(
        _ id: Int64, _ key: String, needs: [String] = [], _ state: JobState = .blocked, condition: String? = nil,
        continueOnError: Bool = false, outputs: Bool = false, settling: Bool = false, values: [JobOutput] = []
    ) -> JobSnapshot {
        JobSnapshot(
            id: JobID(id), key: key, needs: needs, condition: condition, continueOnError: continueOnError,
            hasOutputs: outputs, state: state, isSettling: settling, outputs: values)
    }
    static let task = TaskID(9)
    static let running = JobState.running(task, runnerCanCancel: false)
    static func reported(_ conclusion: Conclusion, complete: Bool = true) -> RunEvent {
        .job(JobID(1), .reported(task, conclusion, outputsComplete: complete))
    }
    static func decided(_ jobs: [JobSnapshot], _ event: RunEvent, problem: String = "") throws -> [RunChange] {
        try decide(RunSnapshot(jobs: jobs), event, problem: problem)
    }
    static func moved(_ id: Int64, _ state: JobState, _ problem: String = "") -> RunChange {
        .move(JobID(id), to: state, problem: problem)
    }

    @Test("starts what needs nothing when it is planned")
    func planned() throws {
        let jobs = [Self.job(1, "a"), Self.job(2, "b", needs: ["a"])]
        #expect(try Self.decided(jobs, .planned) == [Self.moved(1, .waiting), .run(.waiting)])
    }

    @Test("frees the dependents of a job that succeeded")
    func success() throws {
        let jobs = [Self.job(1, "a", Self.running), Self.job(2, "b", needs: ["a"])]
        #expect(
            try Self.decided(jobs, Self.reported(.success)) == [
                Self.moved(1, .done(.success)), Self.moved(2, .waiting), .run(.waiting),
            ])
    }

    @Test("skips down the chain after a failure, but runs what asks for it")
    func failure() throws {
        let jobs = [
            Self.job(1, "a", Self.running), Self.job(2, "b", needs: ["a"]), Self.job(3, "c", needs: ["b"]),
            Self.job(4, "always", needs: ["c"], condition: "always()"),
            Self.job(5, "failure", needs: ["c"], condition: "failure()"),
            Self.job(6, "success", needs: ["c"], condition: "success()"),
        ]
        #expect(
            try Self.decided(jobs, Self.reported(.failure)) == [
                Self.moved(1, .done(.failure)), Self.moved(2, .done(.skipped)), Self.moved(3, .done(.skipped)),
                Self.moved(4, .waiting), Self.moved(5, .waiting), Self.moved(6, .done(.skipped)), .run(.waiting),
            ])
    }

    @Test("skips a job whose condition is false, though all it needs succeeded")
    func falseCondition() throws {
        let jobs = [
            Self.job(1, "a", Self.running, values: [JobOutput(name: "go", value: "no")]),
            Self.job(2, "b", needs: ["a"], condition: "needs.a.outputs.go == 'yes'"),
            Self.job(3, "c", needs: ["a"], condition: "needs.a.outputs.go == 'no'"),
        ]
        #expect(
            try Self.decided(jobs, Self.reported(.success)) == [
                Self.moved(1, .done(.success)), Self.moved(2, .done(.skipped)), Self.moved(3, .waiting), .run(.waiting),
            ])
    }

    @Test("fails a job whose condition cannot be evaluated, rather than leave it blocked for ever")
    func brokenCondition() throws {
        let changes = try Self.decided([Self.job(1, "a", condition: "fromJSON('{')")], .planned)
        guard case .move(JobID(1), to: .done(.failure), let problem)? = changes.first else {
            Issue.record("\(changes)")
            return
        }
        #expect(problem.hasPrefix("\"if\" of job \"a\" cannot be evaluated: "))
        #expect(changes.last == .run(.failure))
    }

    @Test("counts a failed job with continue-on-error as successful")
    func continueOnError() throws {
        let jobs = [Self.job(1, "a", Self.running, continueOnError: true), Self.job(2, "b", needs: ["a"])]
        #expect(try Self.decided(jobs, Self.reported(.failure)).contains(Self.moved(2, .waiting)))
    }

    @Test("holds dependents until late outputs have come (runner.md 4.6)")
    func lateOutputs() throws {
        let jobs = [Self.job(1, "a", Self.running, outputs: true), Self.job(2, "b", needs: ["a"])]
        let first = try Self.decided(jobs, Self.reported(.success, complete: false))
        #expect(first == [Self.moved(1, .done(.success)), .holdDependents(JobID(1)), .run(.blocked)])
        let later = [Self.job(1, "a", .done(.success), outputs: true, settling: true), Self.job(2, "b", needs: ["a"])]
        #expect(
            try Self.decided(later, .outputsSettled(JobID(1))) == [
                .releaseDependents(JobID(1)), Self.moved(2, .waiting), .run(.waiting),
            ])
    }

    @Test("lets go of a job of an earlier attempt, rerun before its late outputs came")
    func settledAfterRerun() throws {
        let jobs = [Self.job(2, "a", Self.running)]
        #expect(try Self.decided(jobs, .outputsSettled(JobID(1))) == [.releaseDependents(JobID(1)), .run(.running)])
    }

    /// Each of 256 jobs needs all before it: 32 640 edges, which a workflow of a few kilobytes may have.
    static func triangle(_ last: JobState, condition: String? = nil) -> [JobSnapshot] {
        (1...256).map { number in
            job(
                Int64(number), "j\(number)", needs: (1..<number).map { "j\($0)" }, number == 1 ? last : .blocked,
                condition: condition)
        }
    }

    @Test(
        "A14: is decided in steps that are linear in its jobs and needs, in whatever order they stand",
        arguments: [nil, "toJSON(needs) && always()", "failure()", "always()"], [false, true])
    func triangle(condition: String?, isReversed: Bool) throws {
        var jobs = Self.triangle(Self.running, condition: condition)
        if isReversed { jobs.reverse() }
        let parts = jobs.count + jobs.reduce(0) { $0 + $1.needs.count }
        var steps = 0
        let changes = try decide(RunSnapshot(jobs: jobs), Self.reported(.failure), problem: "", steps: &steps)
        #expect(steps <= DecisionLimits.stepsPerPart * parts && steps > parts)
        // Without a condition all are skipped, one after the other; else the second may start.
        #expect(changes.count == (condition == nil ? 257 : 3))
        if condition == nil { #expect(changes.last == .run(.failure)) }
        var reruns = 0
        #expect(
            try planRerun(
                jobs.map { Self.job($0.id.number, $0.key, needs: $0.needs, .done(.failure)) }, .job(JobID(255)),
                attempts: 1
            ).again.count == 2)
        _ = RunGraph(jobs, steps: &reruns)
        #expect(reruns <= 2 * parts)
    }

    @Test("moves jobs in order of id, whichever way they depend on each other")
    func dependentsFirst() throws {
        let jobs = [Self.job(1, "c", needs: ["b"]), Self.job(2, "b", needs: ["a"]), Self.job(3, "a", Self.running)]
        let changes = try decide(
            RunSnapshot(jobs: jobs), .job(JobID(3), .reported(Self.task, .failure, outputsComplete: true)))
        #expect(
            changes == [
                Self.moved(3, .done(.failure)), Self.moved(1, .done(.skipped)), Self.moved(2, .done(.skipped)),
                .run(.failure),
            ])
    }

    @Test("field 3: starts a job that asks for failure() behind a skipped one")
    func failureOfAnAncestor() throws {
        let jobs = [
            Self.job(1, "root", Self.running), Self.job(2, "mid", needs: ["root"]),
            Self.job(3, "after", needs: ["mid"], condition: "failure()"),
        ]
        #expect(
            try Self.decided(jobs, Self.reported(.failure)) == [
                Self.moved(1, .done(.failure)), Self.moved(2, .done(.skipped)), Self.moved(3, .waiting), .run(.waiting),
            ])
    }

    @Test("A9: hands outputs to a condition that never says the word")
    func outputsByAnotherName() throws {
        let ready = [JobOutput(name: "state", value: "ready")]
        let jobs = [
            Self.job(1, "a", .done(.success), values: ready),
            Self.job(2, "b", needs: ["a"], condition: "contains(toJSON(needs), 'ready')"),
            Self.job(3, "c", needs: ["a"], condition: "contains(toJSON(needs), 'never')"),
        ]
        #expect(
            try Self.decided(jobs, .examined) == [
                Self.moved(2, .waiting), Self.moved(3, .done(.skipped)), .run(.waiting),
            ])
    }

    @Test("waits for every leg of a needed job")
    func legs() throws {
        let jobs = [Self.job(1, "a", .done(.success)), Self.job(2, "a", Self.running), Self.job(3, "b", needs: ["a"])]
        #expect(try Self.decided(jobs, .examined) == [.run(.running)])
    }

    @Test("changes nothing on a repeated report")
    func repeated() throws {
        #expect(try Self.decided([Self.job(1, "a", .done(.success))], Self.reported(.failure)).isEmpty)
    }

    @Test("cancels all that is not done")
    func cancel() throws {
        let jobs = [Self.job(1, "a", .done(.success)), Self.job(2, "b", Self.running), Self.job(3, "c", needs: ["b"])]
        #expect(
            try Self.decided(jobs, .cancelRequested) == [
                .requestCancel, Self.moved(2, .done(.cancelled)), Self.moved(3, .done(.cancelled)), .run(.cancelled),
            ])
    }

    @Test(
        "runs the clean-up of a cancelled run: jobs whose \"if\" holds with cancelled() true (workflows.md 20.2)",
        arguments: [
            (nil, .done(.cancelled)), ("always()", .waiting), ("cancelled()", .waiting),
            ("!cancelled()", .done(.cancelled)),
            ("success()", .done(.cancelled)), ("failure()", .done(.cancelled)), ("always() && cancelled()", .waiting),
            ("github.ref == null", .done(.cancelled)),
        ] as [(String?, JobState)])
    func cleanUp(condition: String?, state: JobState) throws {
        let jobs = [
            Self.job(1, "a", Self.running), Self.job(2, "b", needs: ["a"], condition: condition),
            Self.job(3, "c", needs: ["b"]),
        ]
        let changes = try decide(RunSnapshot(jobs: jobs, cleansUp: true), .cancelRequested)
        #expect(changes.contains(Self.moved(2, state)))
        #expect(changes.contains(Self.moved(3, .done(.cancelled))))
    }

    @Test("a clean-up waits for what it needs; a second cancel ends it, and a forced one at once")
    func cleanUpWaits() throws {
        let jobs = [
            Self.job(1, "a", .running(Self.task, runnerCanCancel: true)),
            Self.job(2, "b", needs: ["a"], condition: "always()"),
        ]
        #expect(
            try decide(RunSnapshot(jobs: jobs, cleansUp: true), .cancelRequested) == [
                .requestCancel, Self.moved(1, .cancelling(Self.task)), .run(.cancelling),
            ])
        let cancelled = [Self.job(1, "a", .cancelling(Self.task)), jobs[1]]
        let snapshot = RunSnapshot(jobs: cancelled, isCancelRequested: true, cleansUp: true)
        #expect(
            try decide(snapshot, Self.reported(.success)) == [
                Self.moved(1, .done(.cancelled)), Self.moved(2, .waiting), .run(.waiting),
            ])
        let ended: [RunChange] = [Self.moved(1, .done(.cancelled)), Self.moved(2, .done(.cancelled)), .run(.cancelled)]
        #expect(try decide(snapshot, .cancelRequested) == ended)
        #expect(try decide(RunSnapshot(jobs: jobs, cleansUp: true), .forceCancelRequested) == [.requestCancel] + ended)
    }

    @Test("ends them with the rest while clean-up is off")
    func noCleanUp() throws {
        let jobs = [Self.job(1, "a", Self.running), Self.job(2, "b", needs: ["a"], condition: "always()")]
        #expect(try Self.decided(jobs, .cancelRequested).contains(Self.moved(2, .done(.cancelled))))
    }

    @Test("a cancel of what has ended changes nothing")
    func cancelOfDone() throws {
        #expect(try Self.decided([Self.job(1, "a", .done(.success))], .cancelRequested) == [])
    }

    @Test("sends an unheard job back and counts it; gives up with the words at last")
    func unheard() throws {
        let jobs = [Self.job(1, "a", Self.running)]
        #expect(
            try Self.decided(jobs, .job(JobID(1), .lost(Self.task, .unheard, returns: 0)), problem: "lost") == [
                Self.moved(1, .waiting), .countReturn(JobID(1)), .run(.waiting),
            ])
        #expect(
            try Self.decided(jobs, .job(JobID(1), .lost(Self.task, .unheard, returns: 2)), problem: "lost") == [
                Self.moved(1, .done(.failure), "lost"), .run(.failure),
            ])
    }

    @Test("unions the outputs of a need's legs; an empty value erases nothing (runner.md 3.7)")
    func outputs() {
        let legs = [
            Self.job(
                1, "a", .done(.success), values: [JobOutput(name: "x", value: "1"), JobOutput(name: "y", value: "")]),
            Self.job(
                2, "a", .done(.success), values: [JobOutput(name: "x", value: ""), JobOutput(name: "y", value: "2")]),
            Self.job(3, "a", .done(.skipped)),
        ]
        #expect(
            needResult("a", among: legs)
                == NeedResult(
                    key: "a", result: .success,
                    outputs: [JobOutput(name: "x", value: "1"), JobOutput(name: "y", value: "2")]))
    }
}

@Suite("A job of an earlier attempt")
struct EarlierAttemptTests {
    static let job = JobID(9)
    static let task = TaskID(8)

    /// A cancel by its page, or a sweep that found it just before somebody asked for a rerun.
    @Test(
        "is done, so nothing that comes later moves it or the run",
        arguments: [
            JobEvent.cancelRequested, .forceCancelRequested, .released(task), .unbuildable(task), .abandoned,
            .lost(task, .silent, returns: 0), .reported(task, .success, outputsComplete: true),
        ])
    func changesNothing(event: JobEvent) throws {
        let latest = [
            RunDecisionTests.job(10, "a", .waiting), RunDecisionTests.job(11, "b", needs: ["a"]),
        ]
        #expect(try decide(RunSnapshot(jobs: latest), .job(Self.job, event)) == [])
    }
}
