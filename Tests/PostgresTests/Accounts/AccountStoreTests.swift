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
            name: name, email: "\(name)@example.org", isAdmin: isAdmin, passwordHash: [1, 2], passwordSalt: [3])
    }

    @Test("are found by name in any case, by id, and not at all by another name")
    func found() throws {
        let ann = try create("Ann", isAdmin: true)
        _ = try create("bob")
        for name in ["Ann", "ann", "ANN"] { #expect(try accounts.account(named: name)?.id == ann) }
        #expect(try accounts.account(named: "an") == nil)
        let found = try #require(try accounts.account(ann))
        #expect(found.name == "Ann" && found.email == "Ann@example.org" && found.isAdmin)
        #expect(found.passwordHash == [1, 2] && found.passwordSalt == [3])
        #expect(try accounts.account(AccountID(99)) == nil)
    }

    @Test("a name is taken whatever its case")
    func taken() throws {
        _ = try create("ann")
        let error = #expect(throws: PostgresError.self) { try create("ANN") }
        #expect(error?.isUniqueViolation == true)
    }

    @Test("a person is no organization")
    func organizations() throws {
        _ = try create("ann")
        try Connection(dsn: database.dsn).script("insert into account (name, is_org) values ('Guild', true)")
        #expect(try accounts.organization(named: "guild")?.name == "Guild")
        #expect(try accounts.organization(named: "ann") == nil)
        #expect(try accounts.account(named: "GUILD")?.passwordHash == [])
    }

    @Test("a token's hash tells whose it is, and only the whole hash")
    func tokens() throws {
        let (ann, bob) = (try create("ann"), try create("bob"))
        let hashes = [7, 8].map { Array(repeating: UInt8($0), count: 32) }
        try accounts.addToken(to: ann, name: "ci", hash: hashes[0], lastEight: "abcdefgh")
        try accounts.addToken(to: bob, name: "ci", hash: hashes[1], lastEight: "abcdefgh")
        #expect(try accounts.account(tokenHash: hashes[0])?.id == ann)
        #expect(try accounts.account(tokenHash: hashes[1])?.id == bob)
        #expect(try accounts.account(tokenHash: Array(hashes[0].dropLast())) == nil)
        #expect(throws: PostgresError.self) {
            try accounts.addToken(to: bob, name: "other", hash: hashes[0], lastEight: "abcdefgh")
        }
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
