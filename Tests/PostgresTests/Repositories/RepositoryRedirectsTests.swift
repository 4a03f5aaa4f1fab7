import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Old addresses of repositories")
struct RepositoryRedirectsTests {
    private let database: Database
    private let repositories: RepositoryStore
    private let redirects: RepositoryRedirects
    private static let ann = AccountID(1)
    private static let bob = AccountID(2)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script("insert into account (name) values ('Ann'), ('bob')")
        database = Database(dsn: dsn, size: 4)
        repositories = RepositoryStore(database: database)
        redirects = RepositoryRedirects(database: database)
    }

    private func rename(_ id: RepositoryID, _ name: String) throws {
        var edit = RepositoryStore.Edit()
        edit.name = name
        #expect(try repositories.edit(id, edit))
    }

    @Test("lead to it through all its names, until another repository takes one")
    func names() throws {
        let id = try repositories.create(owner: Self.ann, name: "one", isPrivate: false)
        try rename(id, "two")
        try rename(id, "three")
        for old in ["one", "TWO"] { #expect(try redirects.repository(owner: "ANN", name: old) == id) }
        #expect(try redirects.repository(owner: "ann", name: "three") == nil)
        // Back to a name of its own: that leads nowhere any more.
        try rename(id, "One")
        #expect(try redirects.repository(owner: "ann", name: "one") == nil)
        #expect(try redirects.repository(owner: "ann", name: "three") == id)
        var fresh = RepositoryStore.Fresh(owner: Self.ann, name: "three")
        fresh.isPrivate = true
        try repositories.create(fresh, as: repositories.reserve(), gitBytes: 0)
        #expect(try redirects.repository(owner: "ann", name: "three") == nil)
    }

    @Test("lead to the new owner after a transfer, and go with the repository")
    func owners() throws {
        let id = try repositories.create(owner: Self.ann, name: "app", isPrivate: false)
        #expect(try repositories.transfer(id, to: Self.bob))
        #expect(try redirects.repository(owner: "ann", name: "app") == id)
        #expect(try repositories.repository(id)?.fullName == "bob/app")
        // And back.
        #expect(try repositories.transfer(id, to: Self.ann))
        #expect(try redirects.repository(owner: "ann", name: "app") == nil)
        #expect(try redirects.repository(owner: "bob", name: "app") == id)
        #expect(try repositories.delete(id))
        #expect(try repositories.remove(id))
        #expect(try redirects.repository(owner: "bob", name: "app") == nil)
    }
}
