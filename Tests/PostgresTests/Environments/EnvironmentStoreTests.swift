import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Environments")
struct EnvironmentStoreTests {
    private let database: Database
    private let environments: EnvironmentStore
    private static let repository = RepositoryID(1)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name, is_org) values ('ann', false), ('guild', true), ('bob', false);
            insert into repository (owner_id, name) values (2, 'a');
            insert into team (organization_id, name, description, permission, all_repositories, creates_repositories)
            values (2, 'ops', '', 'write', true, false);
            """)
        database = Database(dsn: dsn, size: 4)
        environments = EnvironmentStore(database: database)
    }

    private func put(_ name: String, wait: Int64 = 0, reviewers: [(Bool, Int64)] = [], rule: Int64 = 0) throws
        -> EnvironmentWrite<EnvironmentView>
    {
        try environments.put(
            name, in: Self.repository,
            EnvironmentEdit(
                waitMinutes: wait, preventsSelfReview: false,
                reviewers: reviewers.map { EnvironmentEdit.ReviewerID(isTeam: $0.0, id: $0.1) }, branchRule: rule))
    }
    private func done<Made>(_ write: EnvironmentWrite<Made>) throws -> Made {
        guard case .done(let made) = write else { throw NoRow(statement: "\(write)") }
        return made
    }

    @Test("are made and replaced by their name, whatever its case, and removed")
    func names() throws {
        let made = try done(put("Prod", wait: 30, reviewers: [(true, 1), (false, 1)]))
        #expect(made.reviewers == [.team(id: 1, name: "ops"), .account(AccountID(1), name: "ann")])
        let again = try done(put("PROD", rule: 1))
        #expect(again.id == made.id && again.name == "Prod" && again.reviewers == [] && again.waitMinutes == 0)
        #expect(again.branches == .protected)
        #expect(try environments.count(of: Self.repository) == 1)
        #expect(try environments.remove("prod", in: Self.repository))
        #expect(try !environments.remove("prod", in: Self.repository))
        #expect(try environments.environment("prod", in: Self.repository) == nil)
    }

    @Test("a reviewer that is none leaves everything as it was")
    func reviewers() throws {
        _ = try put("prod", wait: 5)
        for reviewer in [(false, Int64(2)), (false, 99), (true, 99)] {
            guard case .noReviewer = try put("prod", wait: 9, reviewers: [reviewer]) else {
                return #expect(Bool(false), "\(reviewer) is a reviewer")
            }
        }
        #expect(try environments.environment("prod", in: Self.repository)?.waitMinutes == 5)
    }

    @Test("patterns are kept once each")
    func policies() throws {
        let id = try done(put("prod", rule: 2)).id
        let policy = BranchPolicy(pattern: "release/*", kind: .branch)
        let made = try done(environments.add(policy, to: id))
        guard case .exists = try environments.add(policy, to: id) else {
            return #expect(Bool(false), "it is there twice")
        }
        _ = try environments.add(BranchPolicy(pattern: "v* x", kind: .tag), to: id)
        #expect(
            try environments.environment("prod", in: Self.repository)?.branches
                == .custom([policy, BranchPolicy(pattern: "v* x", kind: .tag)]))
        #expect(try done(environments.set(made.id, to: "main", of: id)).policy.pattern == "main")
        #expect(try environments.removePolicy(made.id, of: id) && !environments.removePolicy(made.id, of: id))
        #expect(try environments.policies(of: id, ListPart(limit: 9)).count == 1)
    }

    @Test("two that make one at once have the same one; a repository has no more than its limit")
    func together() async throws {
        let ids = try await withThrowingTaskGroup(of: Int64.self) { tasks in
            for _ in 0..<4 { tasks.addTask { try done(put("prod")).id.number } }
            return try await tasks.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        try Connection(dsn: database.dsn).script(
            "insert into environment (repository_id, name, key) select 1, 'e' || n, 'E' || n from generate_series(1, 99) n"
        )
        guard case .full = try put("one more") else { return #expect(Bool(false), "there is one more") }
        #expect(try database.transaction { try EnvironmentStore.rules("other", in: Self.repository, in: $0) } == nil)
        #expect(
            try database.transaction { try EnvironmentStore.rules("PROD", in: Self.repository, in: $0) }?.name == "prod"
        )
    }
}
