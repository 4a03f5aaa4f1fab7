import Testing

@testable import Postgres
@testable import Server
@testable import Web

@Suite("What an instance remembers of runners")
struct ParkedPollsTests {
    private static let uuid = "00000000-0000-0000-0000-000000000001"

    /// As read from its row.
    private static func runner(disabled: Bool = false, number: UInt8 = 1) -> Runner {
        Runner(
            Row(columns: [
                [0, 0, 0, 0, 0, 0, 0, number], [UInt8](repeating: 0, count: 15) + [number], Array("r".utf8), [], nil,
                nil, [], [], [0], [disabled ? 1 : 0], [1], [0],
            ]))
    }

    @Test("A2: a change announced between the read of a row and its keeping is not undone by the keeping")
    func changedMeanwhile() {
        let polls = ParkedPolls()
        polls.listening()
        let mark = polls.changes(of: Self.uuid)
        // The row is read here; now the runner is disabled, committed and announced.
        polls.forget(uuid: Self.uuid)
        polls.keep(Self.runner(), since: mark)
        #expect(polls.runner(uuid: Self.uuid) == nil)
        polls.keep(Self.runner(disabled: true), since: polls.changes(of: Self.uuid))
        #expect(polls.runner(uuid: Self.uuid)?.disabled == true)
    }

    @Test("A2: another runner's change keeps nobody's row out")
    func changedOther() {
        let polls = ParkedPolls()
        polls.listening()
        let mark = polls.changes(of: Self.uuid)
        polls.forget(uuid: "00000000-0000-0000-0000-000000000002")
        polls.keep(Self.runner(), since: mark)
        #expect(polls.runner(uuid: Self.uuid) != nil)
    }

    @Test("A2: what was read before the listening connection was lost, or came, is not kept")
    func reconnected() {
        let polls = ParkedPolls()
        let beforeAll = polls.changes(of: Self.uuid)
        polls.listening()
        polls.keep(Self.runner(), since: beforeAll)
        #expect(polls.runner(uuid: Self.uuid) == nil)
        let before = polls.changes(of: Self.uuid)
        polls.lost()
        polls.listening()
        polls.keep(Self.runner(), since: before)
        #expect(polls.runner(uuid: Self.uuid) == nil)
    }

    @Test("A2: however many runners changed, a row read before its own change is refused")
    func manyChanges() {
        let polls = ParkedPolls()
        polls.listening()
        let mark = polls.changes(of: Self.uuid)
        polls.forget(uuid: Self.uuid)
        for number in 0..<ParkedPolls.credentialsMax { polls.forget(uuid: "\(number)") }
        polls.keep(Self.runner(), since: mark)
        #expect(polls.runner(uuid: Self.uuid) == nil)
    }
}
