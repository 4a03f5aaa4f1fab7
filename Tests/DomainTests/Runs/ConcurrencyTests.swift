import Domain
import Testing

@Suite("A concurrency group")
struct ConcurrencyTests {
    static func member(
        _ run: Int64, turn: Int64? = nil, holds: Bool = false, cancels: Bool = false, isCancelled: Bool = false,
        job: Int64? = nil, queues: Bool = false
    ) -> GroupMember {
        var member = GroupMember(
            run: RunID(run), turn: turn ?? run, holds: holds, cancelsInProgress: cancels,
            isCancelRequested: isCancelled)
        member.job = job.map(JobID.init)
        member.queuesAll = queues
        member.number = run
        member.jobName = "j"
        return member
    }

    /// "start 2", "cancel 1 for 2"; a job by its run and its id.
    private static func words(_ move: GroupMove?) -> String? {
        func who(_ member: GroupMember) -> String { "\(member.run)" + (member.job.map { ".\($0)" } ?? "") }
        switch move {
        case nil: return nil
        case .start(let member): return "start \(who(member))"
        case .cancel(let member, let newcomer): return "cancel \(who(member)) for \(who(newcomer))"
        }
    }

    @Test(
        "moves one member at a time",
        arguments: [
            ([], nil),
            ([member(1, holds: true)], nil),
            ([member(1)], "start 1"),
            // One waits for the holder.
            ([member(1, holds: true), member(2)], nil),
            // The newest waits, whoever waited before is cancelled, whatever the newest says of the holder.
            ([member(1, holds: true), member(2), member(3)], "cancel 2 for 3"),
            ([member(3), member(2), member(1)], "cancel 1 for 3"),
            ([member(1), member(2)], "cancel 1 for 2"),
            ([member(1), member(2, holds: true)], "cancel 1 for 2"),
            // cancel-in-progress: the holder too, once, and the newest starts when it has ended.
            ([member(1, holds: true), member(2, cancels: true)], "cancel 1 for 2"),
            ([member(1, holds: true, isCancelled: true), member(2, cancels: true)], nil),
            ([member(2, cancels: true)], "start 2"),
            // One that was passed and does not end at once is cancelled once, and nobody starts beside it.
            ([member(1, holds: true), member(2, isCancelled: true), member(3)], nil),
            ([member(1, isCancelled: true), member(2)], nil),
            ([member(1, isCancelled: true), member(2, holds: true)], nil),
            ([member(1, isCancelled: true), member(2), member(3)], "cancel 2 for 3"),
            ([member(1, holds: true), member(2, isCancelled: true), member(3, cancels: true)], "cancel 1 for 3"),
            // What the holder itself says of others does not matter.
            ([member(1, holds: true, cancels: true), member(2)], nil),
            // A rerun comes last, though its run is the oldest.
            ([member(1, turn: 9), member(2, holds: true)], nil),
            ([member(1, turn: 9), member(2)], "cancel 2 for 1"),
            // Jobs and runs stand in one line.
            ([member(1, holds: true), member(2, job: 5), member(3)], "cancel 2.5 for 3"),
            ([member(1, holds: true, job: 4), member(2, cancels: true)], "cancel 1.4 for 2"),
            ([member(1, turn: 7, job: 4)], "start 1.4"),
            // Two jobs of one run are two members.
            (
                [member(1, turn: 1, holds: true, job: 1), member(1, turn: 2, job: 2), member(1, turn: 3, job: 3)],
                "cancel 1.2 for 1.3"
            ),
            // queue: max: who waits goes on waiting, and starts in order.
            ([member(1, holds: true), member(2, queues: true), member(3, queues: true)], nil),
            ([member(3, queues: true), member(2, queues: true)], "start 2"),
            ([member(1, holds: true), member(2), member(3, queues: true)], nil),
            ([member(2), member(3, queues: true)], "start 2"),
            ([member(1), member(2, queues: true), member(3), member(4, queues: true)], "cancel 1 for 3"),
            ([member(3), member(4, queues: true)], "start 3"),
            ([member(1, holds: true), member(2, cancels: true), member(3, queues: true)], "cancel 1 for 2"),
        ] as [([GroupMember], String?)])
    func move(members: [GroupMember], expected: String?) {
        #expect(Self.words(groupMove(members)) == expected)
    }

    @Test("tells who came, in words")
    func words() {
        #expect(Self.member(4).words == "run #4")
        #expect(Self.member(4, job: 9).words == "job \"j\" of run #4")
    }

    @Test("compares names ignoring case")
    func names() {
        func key(_ name: String) -> String { PlannedGroup(name: name, cancelsInProgress: false).key }
        #expect(key("Deploy-Ä") == key("dePLOY-ä"))
        #expect(key("deploy") != key("deploy ") && key("ı") != key("i"))
    }

    @Test("is held by whoever comes first, and by nobody who finds somebody there")
    func place() {
        let entry = GroupEntry(GroupID(1), turn: 3)
        #expect(GroupPlace(entry, among: []).holds)
        #expect(!GroupPlace(entry, among: [Self.member(1, holds: true)]).holds)
        #expect(!GroupPlace(entry, among: [Self.member(1)]).holds)
    }

    @Test("wakes the next run when a run of it ends, once, and not when it goes on")
    func wakes() throws {
        let group = GroupID(4)
        func decided(_ jobs: [JobSnapshot], _ event: RunEvent, isHeld: Bool = false) throws -> [RunChange] {
            try decide(RunSnapshot(jobs: jobs, group: group, isHeld: isHeld), event)
        }
        let running = RunDecisionTests.job(1, "a", RunDecisionTests.running)
        let done = try decided([running], RunDecisionTests.reported(.success))
        #expect(done == [RunDecisionTests.moved(1, .done(.success)), .run(.success), .wake(group)])
        let goesOn = try decided(
            [running, RunDecisionTests.job(2, "b", .waiting)], RunDecisionTests.reported(.success))
        #expect(!goesOn.contains(.wake(group)))
        let again = try decided([RunDecisionTests.job(1, "a", .done(.success))], .examined)
        #expect(again == [.run(.success)])
    }

    @Test("keeps a run blocked until it is let in; a cancel ends it at once, clean-up and all")
    func held() throws {
        let jobs = [
            RunDecisionTests.job(1, "a"), RunDecisionTests.job(2, "b", needs: ["a"], condition: "always()"),
        ]
        let held = RunSnapshot(jobs: jobs, cleansUp: true, group: GroupID(1), isHeld: true)
        #expect(try decide(held, .planned) == [.run(.blocked)])
        #expect(try decide(held, .examined) == [.run(.blocked)])
        let letIn = RunSnapshot(jobs: jobs, group: GroupID(1))
        #expect(try decide(letIn, .woken) == [RunDecisionTests.moved(1, .waiting), .run(.waiting)])
        #expect(
            try decide(held, .cancelRequested) == [
                .requestCancel, RunDecisionTests.moved(1, .done(.cancelled)),
                RunDecisionTests.moved(2, .done(.cancelled)), .run(.cancelled), .wake(GroupID(1)),
            ])
    }
}
