import Domain
import Testing

@Suite("A quota of artifacts")
struct ArtifactQuotaTests {
    @Test(
        "lets in what fits",
        arguments: [
            (nil, nil, .max, .max, .max), (10, nil, 0, .max, 10), (10, nil, 9, 0, 1), (10, nil, 9, 0, 0),
            (nil, 10, .max, 3, 7),
            (10, 20, 4, 14, 6), (.max, .max, 1, 1, .max - 1),
        ] as [(Int64?, Int64?, Int64, Int64, Int64)])
    func fits(repository: Int64?, owner: Int64?, repositoryUsed: Int64, ownerUsed: Int64, adding: Int64) throws {
        try ArtifactQuota(repositoryBytes: repository, ownerBytes: owner)
            .admit(repositoryUsed: repositoryUsed, ownerUsed: ownerUsed, adding: adding)
    }

    @Test(
        "refuses what does not, and whatever begins when it is used up",
        arguments: [
            (10, nil, 10, 0, 0, QuotaRefusal.Quota.repository), (10, nil, 11, 0, 0, .repository),
            (0, nil, 0, 0, 0, .repository),
            (10, nil, 9, 0, 2, .repository), (10, nil, 1, 0, .max, .repository), (nil, 10, 0, 10, 0, .owner),
            (10, 10, 4, 5, 6, .owner), (10, 10, 5, 5, 6, .repository),
        ] as [(Int64?, Int64?, Int64, Int64, Int64, QuotaRefusal.Quota)])
    func refused(
        repository: Int64?, owner: Int64?, repositoryUsed: Int64, ownerUsed: Int64, adding: Int64,
        quota: QuotaRefusal.Quota
    ) {
        let refusal = #expect(throws: QuotaRefusal.self) {
            try ArtifactQuota(repositoryBytes: repository, ownerBytes: owner)
                .admit(repositoryUsed: repositoryUsed, ownerUsed: ownerUsed, adding: adding)
        }
        #expect(refusal?.quota == quota)
    }

    @Test("says which one, in the words that the toolkit looks for, and what to do")
    func words() {
        #expect(
            QuotaRefusal(quota: .repository, limit: 10, used: 9, adding: 2).description
                == "insufficient usage: the repository's artifacts take 9 of 10 bytes and 2 more do not fit; "
                + "delete artifacts, shorten retention, or raise artifacts.repository_quota")
        #expect(
            QuotaRefusal(quota: .owner, limit: 10, used: 10, adding: 0).description
                == "insufficient usage: the artifacts of all repositories of this owner take 10 of 10 bytes; "
                + "delete artifacts, shorten retention, or raise artifacts.owner_quota")
    }
}
