import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Repositories")
struct RepositoryStoreTests {
    private let database: Database
    private let repositories: RepositoryStore
    private static let ann = AccountID(1)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script("insert into account (name) values ('Ann'), ('bob'), ('eve')")
        database = Database(dsn: dsn, size: 4)
        repositories = RepositoryStore(database: database)
    }

    @Test("names match in any case, and the answer has the stored spelling")
    func names() throws {
        let id = try repositories.create(owner: Self.ann, name: "App.X", isPrivate: true)
        let found = try #require(try repositories.repository(owner: "aNN", name: "app.x", seenBy: nil))
        #expect(found.id == id && found.fullName == "Ann/App.X" && found.facts.isPrivate)
        #expect(found.facts.owner == Self.ann && found.defaultBranch == "main")
        #expect(try repositories.repository(owner: "ann", name: "app", seenBy: nil) == nil)
        #expect(try repositories.repository(owner: "bob", name: "App.X", seenBy: nil) == nil)
        #expect(try repositories.repository(id)?.fullName == "Ann/App.X")
        #expect(try database.transaction { try RepositoryStore.repository(id, in: $0)?.id } == id)
        let error = #expect(throws: PostgresError.self) {
            try repositories.create(owner: Self.ann, name: "APP.X", isPrivate: false)
        }
        #expect(error?.isUniqueViolation == true)
        _ = try repositories.create(owner: AccountID(2), name: "APP.X", isPrivate: false)
    }

    @Test(
        "what a collaborator was granted is told of the one who asks alone",
        arguments: [("read", RepositoryAccess.read), ("write", .write), ("admin", .admin)])
    func collaborators(permission: String, access: RepositoryAccess) throws {
        _ = try repositories.create(owner: Self.ann, name: "app", isPrivate: true)
        try Connection(dsn: database.dsn).script(
            "insert into collaborator (repository_id, account_id, permission) values (1, 2, '\(permission)')")
        func granted(to account: AccountID?) throws -> RepositoryAccess? {
            try repositories.repository(owner: "ann", name: "app", seenBy: account)?.facts.granted
        }
        #expect(try granted(to: AccountID(2)) == access)
        #expect(try granted(to: AccountID(3)) == nil)
        #expect(try granted(to: nil) == nil)
    }

    @Test("the default branch is replaced by the first who does it")
    func branches() throws {
        let id = try repositories.create(owner: Self.ann, name: "app", isPrivate: false)
        try repositories.adoptDefaultBranch("master", of: id, insteadOf: "main")
        try repositories.adoptDefaultBranch("dev", of: id, insteadOf: "main")
        #expect(try repositories.repository(id)?.defaultBranch == "master")
    }

    @Test("what it has of its own for artifacts is changed one by one")
    func overrides() throws {
        let id = try repositories.create(owner: Self.ann, name: "app", isPrivate: false)
        _ = try repositories.artifactOverrides(of: id) { $0.quotaBytes = 7_000_000_000 }
        let both = try repositories.artifactOverrides(of: id) { $0.keepLast = 3 }
        #expect(both.quotaBytes == 7_000_000_000 && both.keepLast == 3 && both.retentionSeconds == nil)
        let cleared = try repositories.artifactOverrides(of: id) { $0.quotaBytes = nil }
        #expect(cleared.quotaBytes == nil && cleared.keepLast == 3)
    }
}
