import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Lists of accounts")
struct AccountQueriesTests {
    private let views: AccountQueries
    private let accounts: AccountStore
    private let teams: TeamStore
    private let people: [String: AccountID]
    private let whole = ListPart(limit: 50, offset: 0, before: nil)

    init() throws {
        let database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 2)
        views = AccountQueries(database: database)
        accounts = AccountStore(database: database)
        teams = TeamStore(database: database)
        var people: [String: AccountID] = [:]
        for (name, visibility) in [("ann", Visibility.public), ("bob", .limited), ("carl", .private), ("a_n", .public)]
        {
            people[name] = try accounts.create(
                name: name, email: "", password: nil, fullName: "\(name) of 100%", visibility: visibility
            ).id
        }
        self.people = people
    }

    private func names(_ change: (inout AccountFilter) -> Void) throws -> [String] {
        var filter = AccountFilter()
        change(&filter)
        let found = try views.users(filter, whole).map(\.name)
        #expect(try views.userCount(filter) == Int64(found.count))
        return found
    }

    @Test("people by a part of their name, which is no pattern")
    func text() throws {
        #expect(try names { $0.text = "AN" } == ["ann"])
        #expect(try names { $0.text = "a_n" } == ["a_n"])
        #expect(try names { $0.text = "100%" } == ["ann", "bob", "carl", "a_n"])
        #expect(try names { $0.text = "%" }.count == 4)
        #expect(try names { $0.text = "\\" }.isEmpty)
        #expect(try names { $0.id = people["bob"] } == ["bob"])
        #expect(try names { $0.isAdmin = true }.isEmpty)
    }

    @Test("people whom the caller sees")
    func seen() throws {
        #expect(try names { $0.seenBy = .some(nil) } == ["ann", "a_n"])
        #expect(try names { $0.seenBy = people["ann"] } == ["ann", "bob", "a_n"])
        #expect(try names { $0.seenBy = people["carl"] } == ["ann", "bob", "carl", "a_n"])
    }

    @Test("organizations by who sees them and who is in them, and who is the only owner")
    func organizations() throws {
        let (ann, bob) = (try #require(people["ann"]), try #require(people["bob"]))
        let guild = try accounts.createOrganization(name: "guild", owner: ann, visibility: .private).id
        _ = try accounts.createOrganization(name: "works", owner: bob, visibility: .limited)
        func seen(_ viewer: AccountID??, member: AccountID? = nil) throws -> [String] {
            let found = try views.organizations(seenBy: viewer, member: member, whole).map(\.name)
            #expect(try views.organizationCount(seenBy: viewer, member: member) == Int64(found.count))
            return found
        }
        #expect(try seen(nil) == ["guild", "works"])
        #expect(try seen(.some(nil)).isEmpty)
        #expect(try seen(bob) == ["works"])
        #expect(try seen(ann) == ["guild", "works"])
        #expect(try seen(nil, member: ann) == ["guild"])
        #expect(try views.soleOwnership(of: ann) == "guild")
        let owners = try #require(try teams.teams(of: guild, whole).first)
        try teams.add(bob, to: owners)
        #expect(try views.soleOwnership(of: ann) == nil)
        #expect(try views.members(of: guild, whole).map(\.name) == ["ann", "bob"])
        #expect(try views.members(of: guild, team: owners.id + 1, whole).isEmpty)
        #expect(try views.isMember(bob, of: guild) && !views.isMember(try #require(people["carl"]), of: guild))
    }
}
