import Testing

@testable import Domain

@Suite("An approval of a run")
struct ApprovalTests {
    @Test(
        "from every state",
        arguments: [
            (RunApproval.awaited, false, true), (.given, false, false), (.given, true, false),
        ])
    func approve(_ state: RunApproval, isDone: Bool, changes: Bool) throws {
        #expect(try state.approve(isDone: isDone) == changes)
    }

    @Test("is refused to a run that never waited, and to one that was cancelled meanwhile")
    func refused() {
        #expect(throws: ApprovalRefusal.neverWaited) { try RunApproval.notNeeded.approve(isDone: false) }
        #expect(throws: ApprovalRefusal.neverWaited) { try RunApproval.notNeeded.approve(isDone: true) }
        #expect(throws: ApprovalRefusal.isDone) { try RunApproval.awaited.approve(isDone: true) }
    }

    @Test("holds the run back until it is given, whatever else would let it start")
    func held() {
        let waiting = LockedRun(RunID(1), attempt: 1, status: .blocked, approval: .awaited)
        #expect(waiting.isHeld && waiting.holding.isHeld && !waiting.approved(at: nil).isHeld)
        let grouped = LockedRun(RunID(1), attempt: 1, status: .blocked, group: GroupID(1), approval: .awaited)
        let entry = GroupEntry(GroupID(1), turn: 2)
        #expect(!grouped.approved(at: GroupPlace(entry, among: [])).isHeld)
        let behind = grouped.approved(at: GroupPlace(entry, among: [ConcurrencyTests.member(2, holds: true)]))
        #expect(behind.isHeld && !behind.holding.isHeld)
        #expect(GroupPlace(outside: GroupID(1)).turn == nil && !GroupPlace(outside: GroupID(1)).holds)
    }
}
