import Domain
import Postgres
import Testing

@testable import Server

@Suite("The lease of a push that is read")
struct PushLeaseTests {
    private struct Away: Error {}
    private static let due = InboxLimits.renewMicroseconds

    @Test("is renewed when it is due, not at each question")
    func renews() throws {
        var lease = PushLease(since: 100)
        var renewals: [Int64] = []
        let questions = [
            100, 101, 99 + Self.due, 100 + Self.due, 101 + Self.due, 300 + 2 * Self.due, 299 + 3 * Self.due,
        ]
        for now in questions {
            try lease.renewIfDue(now: now) {
                renewals.append(now)
                return true
            }
        }
        #expect(renewals == [100 + Self.due, 300 + 2 * Self.due])
    }

    @Test("is lost when somebody else has the push, and still due when the renewal failed")
    func lost() throws {
        var lease = PushLease(since: 0)
        #expect(throws: Away.self) { try lease.renewIfDue(now: Self.due) { throw Away() } }
        #expect(throws: InboxStore.TakenOver.self) { try lease.renewIfDue(now: Self.due) { false } }
    }

    @Test("outlives the time until a renewal is due together with git's")
    func safe() {
        let left = InboxLimits.leaseSeconds - InboxLimits.renewMicroseconds / 1_000_000
        #expect(left > Int64(PushLimits.gitSeconds))
    }
}
