import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Accounts")
struct AccountStoreTests {
    private let database: Database
    private let accounts: AccountStore

    init() throws {
        database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 8)
        accounts = AccountStore(database: database)
    }

    private func create(_ name: String, isAdmin: Bool = false) throws -> AccountID {
        try accounts.create(
            name: name, email: "\(name)@example.org", isAdmin: isAdmin,
            password: StoredPassword(hash: [1, 2], salt: [3])
        ).id
    }

    @Test("are found by name in any case, by id, and not at all by another name")
    func found() throws {
        let ann = try create("Ann", isAdmin: true)
        _ = try create("bob")
        for name in ["Ann", "ann", "ANN"] { #expect(try accounts.account(named: name)?.id == ann) }
        #expect(try accounts.account(named: "an") == nil)
        let found = try #require(try accounts.account(ann))
        #expect(found.name == "Ann" && found.email == "Ann@example.org" && found.isAdmin)
        let login = try #require(try accounts.login(named: "ANN"))
        #expect(login.account == found && login.password == StoredPassword(hash: [1, 2], salt: [3]))
        #expect(try accounts.account(AccountID(99)) == nil)
    }

    @Test("a name is taken whatever its case")
    func taken() throws {
        _ = try create("ann")
        let error = #expect(throws: PostgresError.self) { try create("ANN") }
        #expect(error?.isUniqueViolation == true)
    }

    @Test("nobody logs in as an organization, or without a password")
    func logins() throws {
        let ann = try create("ann")
        _ = try accounts.createOrganization(name: "Guild", owner: ann)
        try accounts.create(name: "bob", email: "", password: nil)
        #expect(try accounts.account(named: "GUILD")?.isOrganization == true)
        for name in ["guild", "bob", "nobody"] { #expect(try accounts.login(named: name) == nil, "\(name)") }
    }

    @Test("an edit changes what it names and nothing else")
    func edits() throws {
        let ann = try create("ann", isAdmin: true)
        let before = try #require(try accounts.account(ann))
        var edit = AccountEdit()
        edit.fullName = "Ann of the Mill"
        edit.mustChangePassword = true
        edit.visibility = .limited
        let after = try #require(try accounts.edit(ann, edit))
        #expect(after.fullName == "Ann of the Mill" && after.mustChangePassword && after.visibility == .limited)
        #expect(after.email == before.email && after.isAdmin && after.isActive && !after.prohibitsLogin)
        #expect(try accounts.login(named: "ann")?.password.hash == [1, 2])
        edit = AccountEdit()
        edit.password = StoredPassword(hash: [9], salt: [8])
        _ = try accounts.edit(ann, edit)
        #expect(try accounts.login(named: "ann")?.password == StoredPassword(hash: [9], salt: [8]))
        #expect(try accounts.edit(AccountID(999), edit) == nil)
    }

    @Test("who owns repositories is not deleted; others go with what is theirs")
    func deleted() throws {
        let (ann, bob) = (try create("ann"), try create("bob"))
        _ = try RepositoryStore(database: database).create(owner: ann, name: "app", isPrivate: false)
        #expect(throws: PostgresError.self) { try accounts.delete(ann) }
        #expect(try accounts.account(ann) != nil)
        let tokens = AccessTokenStore(database: database)
        try tokens.add(to: bob, name: "ci", hash: Array(repeating: 1, count: 32), lastEight: "abcdefgh")
        #expect(try accounts.delete(bob))
        #expect(try tokens.known(hash: Array(repeating: 1, count: 32)) == nil)
        #expect(try !accounts.delete(bob))
    }

    @Test("logins are written down, not twice a minute")
    func loggedIn() throws {
        let ann = try create("ann")
        try accounts.markLoggedIn([ann])
        let first = try #require(try accounts.account(ann)?.lastLoginAt)
        try accounts.markLoggedIn([ann])
        #expect(try accounts.account(ann)?.lastLoginAt == first)
    }

    @Test("several are found by id at once")
    func several() throws {
        let (ann, bob) = (try create("ann"), try create("bob"))
        #expect(try accounts.accounts([ann, bob, ann, AccountID(999)]).mapValues(\.name) == [ann: "ann", bob: "bob"])
        #expect(try accounts.accounts([]).isEmpty)
    }

    @Test("an account has its own quota, or none")
    func quota() throws {
        let ann = try create("ann")
        let quota = Statement("quota_of", "select artifact_quota_bytes from account where id = $1")
        try accounts.setArtifactQuota(5_000_000_000, of: ann)
        #expect(try database.read(quota, .int(ann.number)).first?.optionalInt(0) == 5_000_000_000)
        try accounts.setArtifactQuota(nil, of: ann)
        #expect(try database.read(quota, .int(ann.number)).first?.optionalInt(0) == nil)
    }
}
