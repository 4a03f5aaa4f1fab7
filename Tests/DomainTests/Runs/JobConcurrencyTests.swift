import Testing

@testable import Domain

@Suite("The concurrency group of a job")
struct JobConcurrencyTests {
    static func concurrency(_ group: String, cancels: String = "", queue: String = "") throws -> JobConcurrency {
        let matrix = #"{"os":"linux","n":2}"#
        let text =
            #"{"group":"\#(group)","cancels":"\#(cancels)","queue":"\#(queue)","matrix":\#(matrix),"strategy":{"job-index":1}}"#
        return try #require(JobConcurrency(stored: text))
    }
    private static let values = RunValues(
        github: .object([(key: "ref", value: .string("refs/heads/main")), (key: "run_id", value: .string("7"))]),
        vars: .object([(key: "FLAG", value: .string("true"))]), inputs: .object([(key: "env", value: .string("prod"))]))
    private static let need = NeedResult(key: "a", result: .success, outputs: [JobOutput(name: "x", value: "out")])

    private static func verdict(_ group: String, cancels: String = "", queue: String = "") throws -> GroupVerdict {
        var budget = ExpressionBudget()
        return try concurrency(group, cancels: cancels, queue: queue).verdict(values, needs: [need], &budget)
    }
    private static func group(_ name: String, cancels: Bool = false, queues: Bool = false) -> GroupVerdict {
        var group = PlannedGroup(name: name, cancelsInProgress: cancels)
        group.queuesAll = queues
        return .group(group)
    }

    @Test("is evaluated with all that the leg sees")
    func evaluated() throws {
        #expect(try Self.verdict("deploy") == Self.group("deploy"))
        #expect(
            try Self.verdict(
                "${{ github.ref }}-${{ inputs.env }}-${{ matrix.os }}${{ matrix.n }}-${{ needs.a.outputs.x }}")
                == Self.group("refs/heads/main-prod-linux2-out"))
        #expect(try Self.verdict("${{ github.head_ref || github.run_id }}") == Self.group("7"))
        #expect(try Self.verdict("g${{ strategy.job-index }}") == Self.group("g1"))
        #expect(try Self.verdict("${{ 1 == 1 }}") == Self.group("true"))
        for nothing in ["", "${{ github.head_ref }}", "${{ matrix.none }}", "${{ needs.b.outputs.x }}"] {
            #expect(try Self.verdict(nothing) == .none)
        }
    }

    @Test("cancels and queues as it says")
    func settings() throws {
        #expect(try Self.verdict("g", cancels: "true") == Self.group("g", cancels: true))
        #expect(try Self.verdict("g", cancels: "false", queue: "max") == Self.group("g", queues: true))
        #expect(try Self.verdict("g", queue: "single") == Self.group("g"))
        #expect(
            try Self.verdict("g", cancels: "${{ github.ref == 'refs/heads/main' }}") == Self.group("g", cancels: true))
        #expect(try Self.verdict("g", cancels: "${{ vars.FLAG }}") == Self.group("g", cancels: true))
        #expect(try Self.verdict("g", cancels: "${{ vars.NONE }}") == Self.group("g"))
    }

    @Test(
        "fails with words for what is no group",
        arguments: [
            ("${{ fromJSON('{') }}", "", "", "fromJSON"), ("${{ github }}", "", "", "not an array or an object"),
            ("g", "maybe", "", "\"cancel-in-progress\" must be a boolean, not \"maybe\""),
            ("g", "${{ 1 }}", "", "\"cancel-in-progress\" must be a boolean"),
            ("g", "", "all", "\"queue\" must be \"single\" or \"max\""), ("g", "true", "max", "choose one"),
            ("${{ secrets.X }}", "", "", "secrets"),
            (
                "${{ format('{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}', '\(String(repeating: "x", count: 110))') }}", "", "",
                "1100 bytes"
            ),
        ])
    func faults(group: String, cancels: String, queue: String, words: String) throws {
        guard case .fault(let why) = try Self.verdict(group, cancels: cancels, queue: queue) else {
            return #expect(Bool(false), "\(group) is a group")
        }
        #expect(why.contains(words), "\(why)")
    }

    @Test("is stored and read again; reads needs only where it names them")
    func stored() throws {
        let one = try Self.concurrency("${{ needs.a.outputs.x }}", cancels: "true")
        #expect(JobConcurrency(stored: one.stored) == one && one.readsNeeds)
        #expect(try !Self.concurrency("needs").readsNeeds)
        #expect(JobConcurrency(stored: "{}") == nil && JobConcurrency(stored: "") == nil)
    }

    // MARK: in a run

    private static func job(
        _ id: Int64, _ group: String, place: JobPlace? = nil, max: Int64? = nil, state: JobState = .blocked
    ) throws -> JobSnapshot {
        var job = RunDecisionTests.job(id, "j", state)
        job.concurrency = try concurrency(group)
        job.place = place
        job.strategy.maxParallel = max
        return job
    }
    private static let deploy = PlannedGroup(name: "deploy", cancelsInProgress: false)

    @Test("a job that may start asks for its group and stays blocked until it is let in")
    func asks() throws {
        let asked = try decide(RunSnapshot(jobs: [Self.job(1, "deploy")]), .planned)
        #expect(asked == [.want(JobID(1), Self.deploy), .run(.blocked)])
        for place in [JobPlace.wanted(Self.deploy), .pending(GroupID(3))] {
            #expect(
                try decide(RunSnapshot(jobs: [Self.job(1, "deploy", place: place)]), .examined) == [.run(.blocked)])
        }
        let held = try decide(RunSnapshot(jobs: [Self.job(1, "deploy", place: .held(GroupID(3)))]), .woken)
        #expect(held == [RunDecisionTests.moved(1, .waiting), .run(.waiting)])
        #expect(
            try decide(RunSnapshot(jobs: [Self.job(1, "")]), .planned) == [
                RunDecisionTests.moved(1, .waiting), .run(.waiting),
            ])
    }

    @Test("its end wakes the group, also the end of one that waited; one that had no turn wakes nobody")
    func wakes() throws {
        let running = JobState.running(TaskID(9), runnerCanCancel: false)
        let ended = try decide(
            RunSnapshot(jobs: [Self.job(1, "deploy", place: .held(GroupID(3)), state: running)]),
            RunDecisionTests.reported(.success))
        #expect(ended.last == .wake(GroupID(3)))
        for (place, wakes) in [(JobPlace.pending(GroupID(3)), true), (.wanted(Self.deploy), false)] {
            let cancelled = try decide(
                RunSnapshot(jobs: [Self.job(1, "deploy", place: place)]), .cancelRequested)
            #expect(cancelled.contains(.wake(GroupID(3))) == wakes)
        }
    }

    @Test("the slot comes before the group: a leg without one asks for none; one that waits keeps its slot")
    func slotsFirst() throws {
        let legs = try (1...3).map { try Self.job($0, "deploy", max: 1) }
        #expect(try decide(RunSnapshot(jobs: legs), .planned) == [.want(JobID(1), Self.deploy), .run(.blocked)])
        var waiting = legs
        waiting[0].place = .pending(GroupID(3))
        #expect(try decide(RunSnapshot(jobs: waiting), .examined) == [.run(.blocked)])
    }

    @Test("fails with words when it names its own run's group, ignoring case, or cannot be evaluated")
    func deadlock() throws {
        var run = RunSnapshot(jobs: [try Self.job(1, "Deploy")], group: GroupID(1))
        run.groupKey = "DEPLOY"
        guard case .move(JobID(1), .done(.failure), let why)? = try decide(run, .planned).first else {
            return #expect(Bool(false), "it waits for itself")
        }
        #expect(why.contains("is that of its own run"))
        let broken = try decide(RunSnapshot(jobs: [Self.job(1, "${{ fromJSON('{') }}")]), .planned)
        guard case .move(JobID(1), .done(.failure), let words)? = broken.first else {
            return #expect(Bool(false), "\(broken)")
        }
        #expect(words.hasPrefix("\"concurrency\" of job \"j\" cannot be evaluated: "))
    }

    @Test("a newcomer's cancel keeps its words on the job")
    func superseded() throws {
        let cancelled = try decide(
            RunSnapshot(jobs: [Self.job(1, "deploy", place: .pending(GroupID(3)))]), .job(JobID(1), .cancelRequested),
            problem: "superseded by run #2")
        #expect(cancelled.first == RunDecisionTests.moved(1, .done(.cancelled), "superseded by run #2"))
    }
}
