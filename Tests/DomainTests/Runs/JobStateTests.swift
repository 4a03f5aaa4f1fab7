import Domain
import Testing

@Suite("A job's state")
struct JobStateTests {
    static let task = TaskID(7)
    static let other = TaskID(8)
    static let running = JobState.running(task, runnerCanCancel: true)
    static let plain = JobState.running(task, runnerCanCancel: false)
    static let states: [JobState] =
        [.blocked, .waiting, running, plain, .cancelling(task)] + Conclusion.allCases.map { .done($0) }
    static let events: [JobEvent] =
        [
            .claimed(task, runnerCanCancel: true), .released(task), .released(other), .unbuildable(task),
            .unbuildable(other), .abandoned, .cancelRequested, .forceCancelRequested,
        ]
        + Conclusion.allCases.flatMap { conclusion in
            [task, other].map { .reported($0, conclusion, outputsComplete: true) }
        }
        + TaskLoss.allCases.flatMap { loss in
            [task, other].flatMap { task in (0...2).map { .lost(task, loss, returns: $0) } }
        }

    @Test(
        "after each event that moves it",
        arguments: [
            (JobState.waiting, JobEvent.claimed(task, runnerCanCancel: true), running),
            (.waiting, .cancelRequested, .done(.cancelled)),
            (.waiting, .abandoned, .done(.cancelled)),
            (.blocked, .cancelRequested, .done(.cancelled)),
            (.blocked, .abandoned, .done(.cancelled)),
            (.blocked, .forceCancelRequested, .done(.cancelled)),
            (running, .cancelRequested, .cancelling(task)),
            (running, .forceCancelRequested, .done(.cancelled)),
            (plain, .cancelRequested, .done(.cancelled)),
            (running, .reported(task, .success, outputsComplete: true), .done(.success)),
            (running, .reported(task, .skipped, outputsComplete: true), .done(.skipped)),
            (running, .released(task), .waiting),
            (running, .lost(task, .unheard, returns: 0), .waiting),
            (running, .lost(task, .unheard, returns: 1), .waiting),
            (running, .lost(task, .unheard, returns: 2), .done(.failure)),
            (running, .lost(task, .silent, returns: 0), .done(.failure)),
            (running, .lost(task, .overlong, returns: 0), .done(.failure)),
            (running, .lost(task, .runnerRestarted, returns: 0), .done(.failure)),
            (running, .lost(task, .runnerRemoved, returns: 0), .done(.failure)),
            (running, .unbuildable(task), .done(.failure)),
            // The person asked for a cancel; a success that raced it does not undo that (runner.md 4.2).
            (.cancelling(task), .reported(task, .success, outputsComplete: true), .done(.cancelled)),
            (.cancelling(task), .cancelRequested, .done(.cancelled)),
            (.cancelling(task), .lost(task, .silent, returns: 0), .done(.cancelled)),
            (.cancelling(task), .lost(task, .unheard, returns: 0), .done(.cancelled)),
            (.cancelling(task), .released(task), .done(.cancelled)),
        ])
    func next(from state: JobState, event: JobEvent, to expected: JobState) throws {
        #expect(try decide(state, event) == expected)
    }

    @Test("is not moved by what concerns another task, or a task it no longer has")
    func staleLooks() throws {
        for event in [
            JobEvent.released(Self.other), .lost(Self.other, .silent, returns: 0), .unbuildable(Self.other),
        ] {
            for state in [Self.running, Self.plain, .cancelling(Self.task), .waiting, .blocked] {
                #expect(try decide(state, event) == state)
            }
        }
    }

    @Test("is final once done", arguments: Conclusion.allCases)
    func final(conclusion: Conclusion) throws {
        let done = JobState.done(conclusion)
        for event in Self.events {
            if case .claimed = event {
                #expect(throws: JobRefusal.notWaiting(done)) { try decide(done, event) }
            } else {
                #expect(try decide(done, event) == done)
            }
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

    @Test("moves only as mayMove says, whatever happens")
    func withinBounds() {
        for state in Self.states {
            for event in Self.events {
                guard let next = try? decide(state, event), next.status != state.status else { continue }
                #expect(mayMove(from: state.status, to: next.status), "\(state) \(event) \(next)")
            }
        }
    }

    @Test("can be claimed only while it waits")
    func claims() {
        for state in Self.states where state != .waiting {
            #expect(throws: JobRefusal.notWaiting(state)) {
                try decide(state, .claimed(Self.other, runnerCanCancel: false))
            }
        }
    }
}
