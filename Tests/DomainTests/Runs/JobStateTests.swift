import Domain
import Testing

@Suite("A job's state")
struct JobStateTests {
    static let task = TaskID(7)
    static let other = TaskID(8)
    static let running = JobState.running(task, runnerCanCancel: true)
    static let plain = JobState.running(task, runnerCanCancel: false)

    @Test(
        "after each event it allows",
        arguments: [
            (JobState.waiting, JobEvent.claimed(task, runnerCanCancel: true), running),
            (.waiting, .cancelRequested, .done(.cancelled)),
            (.waiting, .gaveUp, .done(.failure)),
            (.waiting, .released(task), .waiting),
            (.blocked, .cancelRequested, .done(.cancelled)),
            (.blocked, .gaveUp, .done(.failure)),
            (running, .cancelRequested, .cancelling(task)),
            (plain, .cancelRequested, .done(.cancelled)),
            (running, .reported(task, .success, outputsComplete: true), .done(.success)),
            (running, .reported(task, .skipped, outputsComplete: true), .done(.skipped)),
            (running, .released(task), .waiting),
            (running, .gaveUp, .done(.failure)),
            // The person asked for a cancel; a success that raced it does not undo that (runner.md 4.2).
            (.cancelling(task), .reported(task, .success, outputsComplete: true), .done(.cancelled)),
            (.cancelling(task), .cancelRequested, .done(.cancelled)),
            (.cancelling(task), .gaveUp, .done(.cancelled)),
            (.cancelling(task), .released(task), .done(.cancelled)),
        ])
    func next(from state: JobState, event: JobEvent, to expected: JobState) throws {
        #expect(try decide(state, event) == expected)
    }

    @Test("is final once done", arguments: Conclusion.allCases)
    func final(conclusion: Conclusion) throws {
        let done = JobState.done(conclusion)
        for event in [
            JobEvent.cancelRequested, .gaveUp, .released(Self.task),
            .reported(Self.task, .success, outputsComplete: true),
            .reported(Self.other, .failure, outputsComplete: true),
        ] {
            #expect(try decide(done, event) == done)
        }
        #expect(throws: JobRefusal.notWaiting(done)) {
            try decide(done, .claimed(Self.other, runnerCanCancel: false))
        }
    }

    @Test("refuses a report of a task that does not own it")
    func foreign() {
        #expect(throws: JobRefusal.foreignTask(reported: Self.other, owner: Self.task)) {
            try decide(Self.running, .reported(Self.other, .success, outputsComplete: true))
        }
        #expect(throws: JobRefusal.foreignTask(reported: Self.task, owner: nil)) {
            try decide(.waiting, .reported(Self.task, .success, outputsComplete: true))
        }
    }
}

@Suite("A run's status")
struct AggregateTests {
    @Test(
        "from its jobs (runner.md 4.7)",
        arguments: [
            ([Status.skipped, .skipped], Status.skipped), ([.success, .skipped], .success), ([.success], .success),
            ([.success, .failure], .failure), ([.failure, .cancelled], .cancelled), ([.failure, .blocked], .blocked),
            ([.cancelled, .waiting], .waiting), ([.waiting, .running, .failure], .running),
            ([.cancelling, .running], .cancelling), ([], .failure),
        ])
    func aggregated(statuses: [Status], expected: Status) {
        #expect(aggregate(statuses) == expected)
    }

    @Test("is the same whatever the order of the jobs")
    func order() {
        for first in Status.allCases {
            for second in Status.allCases { #expect(aggregate([first, second]) == aggregate([second, first])) }
        }
    }
}

@Suite("A run")
struct RunDecisionTests {
    static func job(
        _ id: Int64, _ key: String, needs: [String] = [], _ state: JobState = .blocked, condition: Bool = false,
        continueOnError: Bool = false, outputs: Bool = false, settling: Bool = false
    ) -> JobSnapshot {
        JobSnapshot(
            id: JobID(id), key: key, needs: needs, hasCondition: condition, continueOnError: continueOnError,
            hasOutputs: outputs, state: state, isSettling: settling)
    }
    static let task = TaskID(9)
    static let running = JobState.running(task, runnerCanCancel: false)

    @Test("starts what needs nothing when it is planned")
    func planned() throws {
        let jobs = [Self.job(1, "a"), Self.job(2, "b", needs: ["a"])]
        #expect(try decide(jobs, .planned) == [.move(JobID(1), to: .waiting), .run(.waiting)])
    }

    @Test("frees the dependents of a job that succeeded")
    func success() throws {
        let jobs = [Self.job(1, "a", Self.running), Self.job(2, "b", needs: ["a"])]
        #expect(
            try decide(jobs, .job(JobID(1), .reported(Self.task, .success, outputsComplete: true))) == [
                .move(JobID(1), to: .done(.success)), .move(JobID(2), to: .waiting), .run(.waiting),
            ])
    }

    @Test("skips down the chain after a failure, but not a job with a condition")
    func failure() throws {
        let jobs = [
            Self.job(1, "a", Self.running), Self.job(2, "b", needs: ["a"]), Self.job(3, "c", needs: ["b"]),
            Self.job(4, "d", needs: ["c"], condition: true),
        ]
        #expect(
            try decide(jobs, .job(JobID(1), .reported(Self.task, .failure, outputsComplete: true))) == [
                .move(JobID(1), to: .done(.failure)), .move(JobID(2), to: .done(.skipped)),
                .move(JobID(3), to: .done(.skipped)), .move(JobID(4), to: .waiting), .run(.waiting),
            ])
    }

    @Test("counts a failed job with continue-on-error as successful")
    func continueOnError() throws {
        let jobs = [Self.job(1, "a", Self.running, continueOnError: true), Self.job(2, "b", needs: ["a"])]
        let changes = try decide(jobs, .job(JobID(1), .reported(Self.task, .failure, outputsComplete: true)))
        #expect(changes.contains(.move(JobID(2), to: .waiting)))
    }

    @Test("holds dependents until late outputs have come (runner.md 4.6)")
    func lateOutputs() throws {
        let jobs = [Self.job(1, "a", Self.running, outputs: true), Self.job(2, "b", needs: ["a"])]
        let first = try decide(jobs, .job(JobID(1), .reported(Self.task, .success, outputsComplete: false)))
        #expect(first == [.move(JobID(1), to: .done(.success)), .holdDependents(JobID(1)), .run(.blocked)])
        let later = [Self.job(1, "a", .done(.success), outputs: true, settling: true), Self.job(2, "b", needs: ["a"])]
        #expect(
            try decide(later, .outputsSettled(JobID(1))) == [
                .releaseDependents(JobID(1)), .move(JobID(2), to: .waiting), .run(.waiting),
            ])
    }

    @Test("waits for every leg of a needed job")
    func legs() throws {
        let jobs = [Self.job(1, "a", .done(.success)), Self.job(2, "a", Self.running), Self.job(3, "b", needs: ["a"])]
        #expect(needsVerdict(of: jobs[2], among: jobs) == .notYet)
    }

    @Test("changes nothing on a repeated report")
    func repeated() throws {
        let jobs = [Self.job(1, "a", .done(.success))]
        #expect(try decide(jobs, .job(JobID(1), .reported(Self.task, .failure, outputsComplete: true))).isEmpty)
    }

    @Test("cancels all that is not done")
    func cancel() throws {
        let jobs = [Self.job(1, "a", .done(.success)), Self.job(2, "b", Self.running), Self.job(3, "c", needs: ["b"])]
        #expect(
            try decide(jobs, .cancelRequested) == [
                .move(JobID(2), to: .done(.cancelled)), .move(JobID(3), to: .done(.cancelled)), .run(.cancelled),
            ])
    }
}
