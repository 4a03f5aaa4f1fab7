import Testing

@testable import Domain

@Suite("How long a run takes yet")
struct RunEstimateTests {
    @Test(
        "by the middle of the green runs",
        arguments: [
            ([], 5, nil), ([10, 20], 5, nil),
            ([10, 30, 20], 5, .left(15)), ([10, 20, 30, 40], 0, .left(20)),
            ([10, 20, 30], 20, .overdue(usually: 20)), ([10, 20, 30], 500, .overdue(usually: 20)),
            ([10, 20, 30], -5, .left(20)),
        ] as [([Int64], Int64, RunEstimate?)])
    func estimate(durations: [Int64], elapsed: Int64, expected: RunEstimate?) {
        #expect(RunEstimate(durations: durations, elapsed: elapsed) == expected)
    }

    @Test(
        "percentiles are values that there are",
        arguments: [
            ([], 50, nil), ([7], 50, 7), ([7], 95, 7), ([1, 2], 50, 1), ([3, 1, 2], 50, 2), ([1, 2, 3, 4], 50, 2),
            (Array(1...100), 95, 95), (Array(1...20), 95, 19), ([1, 2, 3], 0, 1), ([1, 2, 3], 100, 3),
            ([1, 2, 3], 101, 3),
        ] as [([Int64], Int, Int64?)])
    func percentiles(values: [Int64], percent: Int, expected: Int64?) {
        #expect(percentile(values, percent) == expected)
    }
}
