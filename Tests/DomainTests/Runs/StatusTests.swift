import Testing

@testable import Domain

@Suite("A run's status")
struct StatusTests {
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

    /// First that applies, as the protocol lists them.
    static let order: [Status] = [.cancelling, .running, .waiting, .blocked, .cancelled, .failure]

    @Test("for every pair of statuses, in either order")
    func pairs() {
        for first in Status.allCases {
            for second in Status.allCases {
                let both = [first, second]
                let expected = Self.order.first(where: both.contains) ?? (both.contains(.success) ? .success : .skipped)
                #expect(aggregate(both) == expected, "\(both)")
            }
        }
    }
}
