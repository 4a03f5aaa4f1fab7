import Testing

@testable import Domain

/// A run with a call, in the hands of the rules.
@Suite("A run that calls a workflow")
struct CallScopeTests {
    private static let running = JobState.running(TaskID(9), runnerCanCancel: true)

    private static func job(
        _ id: Int64, _ key: String, _ state: JobState, caller: Int64? = nil, needs: [String] = [],
        condition: String? = nil, outputs: [JobOutput] = []
    ) -> JobSnapshot {
        var job = JobSnapshot(
            id: JobID(id), key: key, needs: needs, condition: condition, continueOnError: false, hasOutputs: false,
            state: state, outputs: outputs)
        job.caller = caller.map(JobID.init)
        return job
    }
    private static func calling(_ id: Int64, _ key: String, needs: [String] = []) throws -> JobSnapshot {
        var caller = job(id, key, .calling(isCancelled: false), needs: needs)
        caller.scope = try CallScope(
            stored: #"{"inputs":{"go":true},"outputs":{"o":"${{ jobs.a.outputs.v }}-${{ jobs.b.result }}"}}"#)
        return caller
    }
    private static func moves(_ jobs: [JobSnapshot], _ event: RunEvent = .examined) throws -> [String] {
        try decide(RunSnapshot(jobs: jobs, values: RunValues(github: .null)), event).map { change in
            switch change {
            case .move(let job, let state, let problem):
                "\(job) \(state.status)\(problem.isEmpty ? "" : ": \(problem)")"
            case .callOutputs(let job, let outputs): "\(job) gives \(outputs.map(\.value).joined(separator: " "))"
            case .run(let status): "run \(status)"
            default: "\(change)"
            }
        }
    }

    @Test("a call ends with the last job that it called, and gives its outputs")
    func ends() throws {
        let jobs = [
            try Self.calling(1, "c"),
            Self.job(2, "d", .blocked, needs: ["c"], condition: "needs.c.outputs.o == 'x-skipped'"),
            Self.job(3, "a", Self.running, caller: 1, outputs: [JobOutput(name: "v", value: "x")]),
            Self.job(4, "b", .blocked, caller: 1, needs: ["a"], condition: "failure()"),
        ]
        let report = RunEvent.job(JobID(3), .reported(TaskID(9), .success, outputsComplete: true))
        #expect(
            try Self.moves(jobs, report) == [
                "3 success", "1 gives x-skipped", "1 success", "2 waiting", "4 skipped", "run waiting",
            ])
    }

    @Test("conditions of called jobs read the call's inputs and their own needs; the caller's do not count")
    func conditions() throws {
        var caller = try Self.calling(2, "c", needs: ["before"])
        caller.state = .calling(isCancelled: false)
        let jobs = [
            Self.job(1, "before", .done(.failure)), caller,
            Self.job(3, "a", .blocked, caller: 2, condition: "inputs.go"),
            Self.job(4, "b", .blocked, caller: 2, needs: ["a"]),
        ]
        #expect(try Self.moves(jobs) == ["3 waiting", "run waiting"])
    }

    @Test("two legs that call have jobs with the same keys, each its own")
    func legs() throws {
        let jobs = [
            try Self.calling(1, "c"), try Self.calling(2, "c"), Self.job(3, "a", .done(.success), caller: 1),
            Self.job(4, "b", .blocked, caller: 1, needs: ["a"]), Self.job(5, "a", Self.running, caller: 2),
            Self.job(6, "b", .blocked, caller: 2, needs: ["a"]),
        ]
        #expect(try Self.moves(jobs) == ["4 waiting", "run running"])
    }

    @Test("a failed job of a leg's call cancels what the other legs called")
    func failFast() throws {
        let jobs = [
            try Self.calling(1, "c"), try Self.calling(2, "c"), Self.job(3, "a", Self.running, caller: 1),
            Self.job(4, "a", .waiting, caller: 2), Self.job(5, "b", .blocked, caller: 2, needs: ["a"]),
            Self.job(6, "d", .blocked, needs: ["c"]),
        ]
        let report = RunEvent.job(JobID(3), .reported(TaskID(9), .failure, outputsComplete: true))
        let moves = try Self.moves(jobs, report)
        #expect(
            moves.first == "3 failure" && moves.contains { $0.hasPrefix("4 cancelled: job 1, another leg") }, "\(moves)"
        )
        #expect(moves.contains { $0.hasPrefix("5 cancelled: job 1, another leg") }, "\(moves)")
    }

    @Test("a cancel ends the jobs, and the call with them; an output that cannot be had fails it")
    func cancel() throws {
        let jobs = [
            try Self.calling(1, "c"), Self.job(2, "a", .waiting, caller: 1), Self.job(3, "d", .blocked, needs: ["c"]),
        ]
        #expect(
            try Self.moves(jobs, .cancelRequested).filter { !$0.hasPrefix("requestCancel") } == [
                "1 cancelling", "2 cancelled", "3 cancelled", "1 gives -", "1 cancelled", "run cancelled",
            ])
        // The job alone: the others go on.
        let one = RunEvent.job(JobID(1), .cancelRequested)
        #expect(
            try Self.moves(jobs, one) == [
                "2 cancelled", "1 cancelling", "1 gives -", "1 cancelled", "3 skipped", "run cancelled",
            ])
        // A second cancel waits for the runner as the first does, and a held run may still end its calls.
        var held = RunSnapshot(
            jobs: [try Self.calling(1, "c"), Self.job(2, "a", .done(.cancelled), caller: 1)],
            values: RunValues(github: .null), isHeld: true)
        held.jobs[0].state = .calling(isCancelled: true)
        #expect(try decide(held, .examined).contains(.move(JobID(1), to: .done(.cancelled), problem: "")))
        var faulty = Self.job(1, "c", .calling(isCancelled: false))
        faulty.scope = try CallScope(stored: #"{"inputs":{},"outputs":{"o":"${{ fromJSON('x') }}"}}"#)
        let moves = try Self.moves([faulty, Self.job(2, "a", .done(.success), caller: 1)])
        #expect(moves.first?.hasPrefix("1 failure: job \"c\": output \"o\" cannot be evaluated") == true, "\(moves)")
    }

    @Test("a job in the group of its caller fails at once, or both would wait for each other")
    func groups() throws {
        var caller = try Self.calling(1, "c")
        caller.groupKey = PlannedGroup(name: "deploy", cancelsInProgress: false).key
        var inner = try Self.calling(2, "i")
        inner.caller = JobID(1)
        func moves(_ name: String) throws -> [String] {
            var job = Self.job(3, "a", .blocked, caller: 2)
            job.concurrency = JobConcurrency(
                stored: #"{"group":"\#(name)","cancels":"","queue":"","matrix":null,"strategy":null}"#)
            return try Self.moves([caller, inner, job])
        }
        let same = try moves("Deploy")
        #expect(same.contains { $0.contains("is that of a job that called it") }, "\(same)")
        #expect(try moves("other").first?.hasPrefix("want(") == true)
    }

    @Test("a call of a rerun is blocked until it may go on, and so is what it called")
    func resumed() throws {
        var caller = try Self.calling(1, "c")
        caller.state = .blocked
        let called = Self.job(2, "a", .blocked, caller: 1)
        #expect(try Self.moves([caller, called]) == ["1 running", "2 waiting", "run waiting"])
        caller.place = .pending(GroupID(5))
        caller.concurrency = JobConcurrency(
            stored: #"{"group":"g","cancels":"","queue":"","matrix":null,"strategy":null}"#)
        #expect(try Self.moves([caller, called]) == ["run blocked"])
        #expect(
            try Self.moves([caller, called], .cancelRequested).filter { !$0.hasPrefix("requestCancel") } == [
                "1 cancelled", "2 cancelled", "run cancelled", "wake(\(GroupID(5)))",
            ])
    }

    @Test("a rerun calls anew, or goes on with what did not fail")
    func rerun() throws {
        var caller = try Self.calling(1, "c")
        caller.state = .done(.failure)
        let jobs = [
            caller, Self.job(2, "d", .done(.skipped), needs: ["c"]), Self.job(3, "e", .done(.success)),
            Self.job(4, "a", .done(.success), caller: 1), Self.job(5, "b", .done(.failure), caller: 1, needs: ["a"]),
            Self.job(6, "f", .done(.skipped), caller: 1, needs: ["b"]),
        ]
        func plan(_ wish: RerunWish) throws -> [[Int64]] {
            let plan = try planRerun(jobs, wish, attempts: 1)
            return [plan.again, plan.resumed, plan.dropped].map { $0.map(\.number) }
        }
        #expect(try plan(.all) == [[1, 2, 3], [], [4, 5, 6]])
        #expect(try plan(.failed) == [[2, 5, 6], [1], []])
        #expect(try plan(.job(JobID(4))) == [[2, 4, 5, 6], [1], []])
        #expect(try plan(.job(JobID(1))) == [[1, 2], [], [4, 5, 6]])
        #expect(try plan(.job(JobID(3))) == [[3], [], []])
    }
}
