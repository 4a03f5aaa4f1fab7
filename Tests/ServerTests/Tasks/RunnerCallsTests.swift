import Domain
import TestSupport
import Testing

@testable import Server

@Suite("Which runners called")
struct RunnerCallsTests {
    private static func ids(_ due: [RunnerID]) -> [Int64] { due.map(\.number).sorted() }

    @Test("each is to be written down once, however often it called")
    func once() {
        let calls = RunnerCalls()
        for _ in 0..<10 { for runner in 1...3 { calls.heard(RunnerID(Int64(runner)), reports: runner == 2) } }
        let due = calls.takeDue()
        #expect(Self.ids(due.online) == [1, 2, 3])
        #expect(Self.ids(due.active) == [2])
        let again = calls.takeDue()
        #expect(again.online.isEmpty && again.active.isEmpty)
    }

    @Test("who calls again at once waits for its turn, and is not lost; a first report is due at once")
    func turns() {
        let calls = RunnerCalls()
        calls.heard(RunnerID(1), reports: false)
        #expect(Self.ids(calls.takeDue().online) == [1])
        calls.heard(RunnerID(1), reports: true)
        let due = calls.takeDue()
        #expect(due.online.isEmpty, "it was written down a moment ago")
        #expect(Self.ids(due.active) == [1])
    }

    @Test("of threads that take at once each runner goes to one")
    func taken() {
        let calls = RunnerCalls()
        for runner in 0..<1000 { calls.heard(RunnerID(Int64(runner)), reports: true) }
        let (online, active) = (Seen<[RunnerID]>(), Seen<[RunnerID]>())
        atOnce(6) { _ in
            let due = calls.takeDue()
            online.add(due.online)
            active.add(due.active)
        }
        #expect(Self.ids(online.all.flatMap { $0 }) == Array(0..<1000))
        #expect(Self.ids(active.all.flatMap { $0 }) == Array(0..<1000))
    }
}
