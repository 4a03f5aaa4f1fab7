import Testing

@testable import Domain

@Suite("A rerun")
struct RerunTests {
    static func job(_ id: Int64, _ key: String, needs: [String] = [], _ conclusion: Conclusion = .success)
        -> JobSnapshot
    {
        RunDecisionTests.job(id, key, needs: needs, .done(conclusion))
    }
    static let jobs = [
        job(1, "a"), job(2, "b", .failure), job(3, "c", needs: ["b"], .skipped), job(4, "d", needs: ["c"], .skipped),
        job(5, "e", needs: ["a"]), job(6, "m", .cancelled), job(7, "m"),
    ]

    @Test(
        "takes along whoever needs what runs again",
        arguments: [
            (RerunWish.all, [1, 2, 3, 4, 5, 6, 7]), (.failed, [2, 3, 4, 6]), (.job(JobID(1)), [1, 5]),
            (.job(JobID(3)), [3, 4]), (.job(JobID(7)), [7]),
        ])
    func chosen(wish: RerunWish, ids: [Int64]) throws {
        #expect(try planRerun(Self.jobs, wish, attempts: 1).again.map(\.number) == ids)
    }

    @Test("takes along a leg that needs what runs again, though only its sibling was chosen")
    func siblingsDownstream() throws {
        let jobs = [
            Self.job(1, "a", .failure), Self.job(2, "b", needs: ["a"], .failure),
            Self.job(3, "b", needs: ["a"], .success),
        ]
        #expect(try planRerun(jobs, .failed, attempts: 1).again.map(\.number) == [1, 2, 3])
    }

    @Test("is refused with the reason")
    func refused() {
        #expect(throws: RerunRefusal.runNotDone) {
            try planRerun([RunDecisionTests.job(1, "a")], .all, attempts: 1)
        }
        #expect(throws: RerunRefusal.nothingFailed) { try planRerun([Self.job(1, "a")], .failed, attempts: 1) }
        #expect(throws: RerunRefusal.nothingToRun) { try planRerun([], .all, attempts: 1) }
        #expect(throws: RerunRefusal.jobNotInLatestAttempt(JobID(9))) {
            try planRerun(Self.jobs, .job(JobID(9)), attempts: 1)
        }
        #expect(throws: RerunRefusal.tooManyAttempts) {
            try planRerun(Self.jobs, .all, attempts: RerunLimits.attemptsMax)
        }
    }
}
