import Domain
import Testing

@Suite("A runner's status")
struct RunnerStatusTests {
    @Test(
        "follows its last calls (runner.md 3.2)",
        arguments: [
            (Int64?.none, Int64?.none, RunnerStatus.offline), (100, nil, .idle), (40, nil, .idle), (39, nil, .offline),
            (100, 100, .active), (100, 90, .active), (100, 89, .idle), (39, 100, .offline),
        ])
    func status(online: Int64?, active: Int64?, expected: RunnerStatus) {
        #expect(
            runnerStatus(
                lastOnline: online.map(RecoveryTests.at), lastActive: active.map(RecoveryTests.at),
                now: RecoveryTests.at(100)) == expected)
    }

    @Test("scopes: a repository wins over an owner, none covers everything")
    func scopes() {
        let ann = AccountID(1), bob = AccountID(2), hers = RepositoryID(1), his = RepositoryID(2)
        for (scope, expected) in [
            (RunnerScope(owner: nil, repository: nil), [true, true]),
            (RunnerScope(owner: ann, repository: nil), [true, false]),
            (RunnerScope(owner: bob, repository: hers), [true, false]),
        ] {
            #expect([scope.covers(repository: hers, of: ann), scope.covers(repository: his, of: bob)] == expected)
        }
    }
}
