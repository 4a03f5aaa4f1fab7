import Testing

@testable import Domain

@Suite("A review")
struct DeploymentReviewTests {
    private static func pending(_ job: Int64, _ environment: Int64, preventsSelf: Bool = false) -> PendingReview {
        PendingReview(
            job: JobID(job), environment: EnvironmentID(environment), name: "e\(environment)",
            reviewers: [AccountID(1), AccountID(2)], preventsSelfReview: preventsSelf)
    }
    private static func review(_ environments: [Int64], by account: Int64 = 1, _ state: ReviewState = .approved)
        -> DeploymentReview
    {
        DeploymentReview(
            environments: environments.map(EnvironmentID.init), state: state, comment: "later",
            reviewer: AccountID(account), reviewerName: "ann")
    }

    @Test("is about all jobs of its environments that wait")
    func meant() throws {
        let all = [Self.pending(1, 1), Self.pending(2, 1), Self.pending(3, 2)]
        #expect(try reviewed(Self.review([1]), among: all, starter: nil).map(\.job.number) == [1, 2])
        #expect(try reviewed(Self.review([1, 2, 9]), among: all, starter: AccountID(1)).count == 3)
    }

    @Test("is refused when nothing waits, to others than reviewers, and to the starter where that is not wanted")
    func refused() {
        let all = [Self.pending(1, 1), Self.pending(2, 2, preventsSelf: true)]
        #expect(throws: ReviewRefusal.nothingWaits) { try reviewed(Self.review([3]), among: all, starter: nil) }
        #expect(throws: ReviewRefusal.noReviewer(environment: "e1")) {
            try reviewed(Self.review([1], by: 7), among: all, starter: nil)
        }
        #expect(throws: ReviewRefusal.ownRun(environment: "e2")) {
            try reviewed(Self.review([1, 2], by: 1), among: all, starter: AccountID(1))
        }
        #expect(throws: ReviewRefusal.unknownStarter(environment: "e2")) {
            try reviewed(Self.review([2], by: 1), among: all, starter: nil)
        }
        #expect(throws: ReviewRefusal.noReviewer(environment: "e2")) {
            try reviewed(Self.review([2], by: 7), among: all, starter: nil)
        }
        #expect(throws: Never.self) { try reviewed(Self.review([2], by: 2), among: all, starter: AccountID(1)) }
    }

    @Test("that rejects says who did, and why")
    func words() {
        #expect(Self.review([1]).refusal("prod") == "")
        #expect(Self.review([1], .rejected).refusal("prod") == "ann rejected it for the environment \"prod\": later")
    }
}
