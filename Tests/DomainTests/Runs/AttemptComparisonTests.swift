import Testing

@testable import Domain

@Suite("Two attempts compared")
struct AttemptComparisonTests {
    private static func job(_ name: String, _ status: Status, _ ran: Int64?, isCarried: Bool = false) -> ComparedJob {
        ComparedJob(name: name, status: status, ran: ran, isCarried: isCarried)
    }

    @Test("job by job")
    func pairs() {
        let before = [
            Self.job("build", .success, 10), Self.job("test", .failure, 20), Self.job("gone", .success, 1),
            Self.job("same", .success, 5), Self.job("same", .failure, 6), Self.job("skipped", .skipped, nil),
        ]
        let after = [
            Self.job("build", .success, 10, isCarried: true), Self.job("test", .success, 25),
            Self.job("new", .success, 3),
            Self.job("same", .success, 4), Self.job("same", .success, 9), Self.job("skipped", .success, 2),
        ]
        let pairs = comparedAttempts(before, after)
        #expect(pairs.map(\.name) == ["build", "test", "new", "same", "same", "skipped", "gone"])
        #expect(pairs.map(\.longer) == [nil, 5, nil, -1, 3, nil, nil])
        #expect(pairs[4].before?.status == .failure)
        #expect(pairs[2].before == nil && pairs[6].after == nil)
    }

    @Test("of nothing are nothing")
    func none() { #expect(comparedAttempts([], []) == []) }
}
