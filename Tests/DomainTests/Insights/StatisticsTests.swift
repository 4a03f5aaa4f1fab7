import Testing

@testable import Domain

@Suite("Statistics of runs")
struct StatisticsTests {
    private static func job(
        _ name: String, _ status: Status, _ ran: Int64? = 1, sha: String = "a", day: Int64 = 0, waited: Int64? = nil
    ) -> EndedJob {
        EndedJob(name: name, status: status, sha: sha, day: day, ran: ran, waited: waited)
    }

    @Test(
        "of many of one kind",
        arguments: [
            ([], nil, [nil, nil, nil, nil]),
            ([job("a", .cancelled, 9, waited: 4)], nil, [nil, nil, 4, 4]),
            ([job("a", .success, 10), job("a", .failure, 30), job("a", .success, 20)], 667, [20, 30, nil, nil]),
            ((1...100).map { job("a", .success, $0, waited: 2 * $0) }, 1000, [50, 95, 100, 190]),
            ([job("a", .failure, nil)], 0, [nil, nil, nil, nil]),
        ] as [([EndedJob], Int?, [Int64?])])
    func many(jobs: [EndedJob], rate: Int?, times: [Int64?]) {
        let found = Statistics("a", jobs)
        #expect(found.successRate == rate)
        #expect([found.ran50, found.ran95, found.waited50, found.waited95] == times)
        #expect(found.count == jobs.count)
    }

    @Test("by name, the failing first")
    func names() {
        let all = [Self.job("b", .success), Self.job("c", .failure), Self.job("a", .success), Self.job("c", .success)]
        #expect(statistics(byName: all).map(\.name) == ["c", "a", "b"])
    }

    @Test("by day, the empty ones too")
    func days() {
        let all = [
            Self.job("a", .success, 10, day: 5), Self.job("a", .failure, 30, day: 7),
            Self.job("a", .success, 1, day: 9),
        ]
        let found = statistics(byDay: all, from: 5, to: 8)
        #expect(found.map(\.day) == [5, 6, 7, 8])
        #expect(found.map(\.statistics.count) == [1, 0, 1, 0])
        #expect(found.map(\.statistics.successRate) == [1000, nil, 0, nil])
        #expect(statistics(byDay: all, from: 8, to: 5) == [])
        #expect(statistics(byDay: all, from: 0, to: .max / 2) == [])
    }

    @Test(
        "flaky is what failed and then was green at the same commit",
        arguments: [
            ([("a", .failure, "1"), ("a", .success, "1")], ["a 1/1 1"]),
            // Mended by another commit; red after green; another job; cancelled.
            ([("a", .failure, "1"), ("a", .success, "2")], []),
            ([("a", .success, "1"), ("a", .failure, "1")], []),
            ([("a", .failure, "1"), ("b", .success, "1")], []),
            ([("a", .failure, "1"), ("a", .cancelled, "1")], []),
            // A commit counts once.
            (
                [
                    ("a", .failure, "1"), ("a", .failure, "1"), ("a", .success, "1"), ("a", .failure, "1"),
                    ("a", .success, "1"),
                ], ["a 1/1 1"]
            ),
            (
                [
                    ("b", .failure, "1"), ("b", .success, "1"), ("a", .failure, "1"), ("a", .success, "1"),
                    ("a", .failure, "2"), ("a", .success, "2"), ("a", .success, "3"),
                ], ["a 2/3 2", "b 1/1 1"]
            ),
        ] as [([(String, Status, String)], [String])])
    func flaky(jobs: [(String, Status, String)], expected: [String]) {
        let found = flakyJobs(jobs.map { Self.job($0.0, $0.1, sha: $0.2) })
        #expect(found.map { "\($0.name) \($0.commits)/\($0.commitsInAll) \($0.lastSHA)" } == expected)
    }

    @Test("the slowest steps are those that cost most in all")
    func steps() {
        let all =
            (1...10).map { EndedStep(job: "a", name: "test", ran: $0) } + [EndedStep(job: "a", name: "build", ran: 50)]
            + [EndedStep(job: "b", name: "test", ran: 5), EndedStep(job: "b", name: "odd", ran: -5)]
        let found = slowSteps(all, most: 3)
        #expect(
            found.map { "\($0.job) \($0.name) \($0.count) \($0.ran50) \($0.ran95) \($0.total)" } == [
                "a test 10 5 10 55", "a build 1 50 50 50", "b test 1 5 5 5",
            ])
        #expect(
            slowSteps([EndedStep(job: "a", name: "x", ran: .max), EndedStep(job: "a", name: "x", ran: .max)], most: 1)
                .first?.total == .max)
    }
}
