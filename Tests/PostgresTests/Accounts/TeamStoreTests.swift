import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Teams of an organization")
struct TeamStoreTests {
    private let database: Database
    private let teams: TeamStore
    private let repositories: RepositoryStore
    private let people: [AccountID]
    private let guild: AccountID
    private let app: RepositoryID
    private let other: RepositoryID

    init() throws {
        database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 4)
        teams = TeamStore(database: database)
        repositories = RepositoryStore(database: database)
        let accounts = AccountStore(database: database)
        people = try ["ann", "bob", "eve"].map { try accounts.create(name: $0, email: "", password: nil).id }
        guild = try accounts.createOrganization(name: "guild", owner: people[0]).id
        app = try repositories.create(owner: guild, name: "app", isPrivate: true)
        other = try repositories.create(owner: guild, name: "other", isPrivate: true)
    }

    private func granted(_ who: Int, _ name: String) throws -> RepositoryAccess? {
        try repositories.repository(owner: "guild", name: name, seenBy: people[who])?.facts.granted
    }

    @Test("whoever made the organization owns it and its repositories; nobody else is in it")
    func owners() throws {
        #expect(try teams.organization(named: "GUILD", seenBy: people[0])?.facts.standing == .owner)
        #expect(try teams.organization(named: "guild", seenBy: people[1])?.facts.standing == nil)
        #expect(try teams.organization(named: "guild", seenBy: nil)?.facts.standing == nil)
        #expect(try teams.organization(named: "ann", seenBy: nil) == nil)
        #expect(try granted(0, "app") == .owner && granted(1, "app") == nil)
        let facts = try #require(try repositories.repository(owner: "guild", name: "app", seenBy: people[0])).facts
        #expect(facts.isMember)
    }

    @Test("a team's permission is for its repositories, or for all")
    func permissions() throws {
        let writers = try teams.create(TeamDraft(name: "writers", permission: .write), in: guild)
        try teams.add(people[1], to: writers)
        #expect(try granted(1, "app") == nil)
        try teams.add(app, to: writers)
        try teams.add(app, to: writers)
        #expect(try granted(1, "app") == .write && granted(1, "other") == nil)
        let readers = try teams.create(TeamDraft(name: "readers", hasAllRepositories: true), in: guild)
        try teams.add(people[1], to: readers)
        #expect(try granted(1, "app") == .write && granted(1, "other") == .read)
        let view = try #require(try teams.organization(named: "guild", seenBy: people[1]))
        #expect(view.facts.standing == .member && !view.mayCreate)
        #expect(try teams.remove(app, from: writers) && granted(1, "app") == .read)
        #expect(try !teams.remove(app, from: writers))
        _ = try teams.edit(readers.id, TeamDraft(name: "readers", createsRepositories: true))
        #expect(try teams.organization(named: "guild", seenBy: people[1])?.mayCreate == true)
        #expect(try teams.delete(readers.id) && teams.team(readers.id) == nil)
    }

    @Test("an organization keeps an owner, also when two leave at once")
    func lastOwner() throws {
        let owners = try #require(
            try teams.teams(of: guild, ListPart(limit: 9, offset: 0, before: nil)).first { $0.permission == .owner })
        #expect(throws: TeamStore.LastOwner.self) { try teams.remove(people[0], from: owners) }
        #expect(throws: TeamStore.LastOwner.self) { try teams.remove(people[0], fromOrganization: guild) }
        #expect(try teams.isMember(people[0], of: owners.id))
        try teams.add(people[1], to: owners)
        atOnce(2) { index in _ = try? teams.remove(people[index], fromOrganization: guild) }
        #expect(try AccountQueries(database: database).memberCount(of: guild) == 1)
    }

    @Test("of two owners that are deleted at once, one stays")
    func deletedOwners() throws {
        let accounts = AccountStore(database: database)
        let works = try accounts.createOrganization(name: "works", owner: people[1]).id
        let owners = try #require(
            try teams.teams(of: works, ListPart(limit: 9, offset: 0, before: nil)).first { $0.permission == .owner })
        #expect(throws: TeamStore.LastOwner.self) { try accounts.delete(people[1]) }
        try teams.add(people[2], to: owners)
        atOnce(2) { index in _ = try? accounts.delete(people[index + 1]) }
        #expect(try AccountQueries(database: database).memberCount(of: works) == 1)
    }

    @Test("a name is taken once, whatever its case")
    func names() throws {
        let error = #expect(throws: PostgresError.self) {
            try teams.create(TeamDraft(name: "OWNERS"), in: guild)
        }
        #expect(error?.isUniqueViolation == true)
        #expect(try teams.count(of: guild) == 1)
    }
}
