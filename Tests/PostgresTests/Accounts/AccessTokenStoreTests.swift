import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Access tokens")
struct AccessTokenStoreTests {
    private let database: Database
    private let tokens: AccessTokenStore
    private let ann: AccountID
    private let bob: AccountID
    private let hashes = (1...4).map { Array(repeating: UInt8($0), count: 32) }

    init() throws {
        database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 4)
        tokens = AccessTokenStore(database: database)
        let accounts = AccountStore(database: database)
        ann = try accounts.create(name: "ann", email: "", password: nil).id
        bob = try accounts.create(name: "bob", email: "", password: nil).id
    }

    @Test("a token's hash tells whose it is, and only the whole hash")
    func known() throws {
        try tokens.add(to: ann, name: "ci", hash: hashes[0], lastEight: "abcdefgh")
        try tokens.add(
            to: bob, name: "ci", hash: hashes[1], lastEight: "abcdefgh", scopes: TokenScopes(stored: "read:user"),
            expiresAt: Instant(microseconds: 5_000_000))
        let first = try #require(try tokens.known(hash: hashes[0]))
        #expect(first.account.id == ann && first.token.scopes == .all && first.token.expiresAt == nil)
        let second = try #require(try tokens.known(hash: hashes[1]))
        #expect(second.account.id == bob && second.token.scopes.stored == "read:user")
        #expect(second.token.expiresAt == 5_000_000)
        #expect(try tokens.known(hash: Array(hashes[0].dropLast())) == nil)
    }

    @Test("neither a hash nor, of one account, a name is taken twice")
    func unique() throws {
        try tokens.add(to: ann, name: "ci", hash: hashes[0], lastEight: "abcdefgh")
        #expect(throws: PostgresError.self) {
            try tokens.add(to: bob, name: "other", hash: hashes[0], lastEight: "abcdefgh")
        }
        #expect(throws: PostgresError.self) {
            try tokens.add(to: ann, name: "ci", hash: hashes[1], lastEight: "abcdefgh")
        }
        try tokens.add(to: bob, name: "ci", hash: hashes[1], lastEight: "abcdefgh")
    }

    @Test("are listed, named by id or name, and deleted by their owner alone")
    func listed() throws {
        let first = try tokens.add(to: ann, name: "ci", hash: hashes[0], lastEight: "abcdefgh")
        // A name that is the other's id: both are meant.
        try tokens.add(to: ann, name: "\(first.id)", hash: hashes[1], lastEight: "abcdefgh")
        #expect(try tokens.count(of: ann) == 2)
        #expect(try tokens.tokens(of: ann, ListPart(limit: 1, offset: 1, before: nil)).map(\.name) == ["\(first.id)"])
        #expect(try tokens.ids(of: ann, named: "ci") == [first.id])
        #expect(try tokens.ids(of: ann, named: "\(first.id)").count == 2)
        #expect(try tokens.ids(of: bob, named: "ci").isEmpty)
        #expect(try !tokens.delete(first.id, of: bob))
        #expect(try tokens.delete(first.id, of: ann))
        #expect(try tokens.known(hash: hashes[0]) == nil)
    }

    @Test("their use is written down, not at each call")
    func used() throws {
        let token = try tokens.add(to: ann, name: "ci", hash: hashes[0], lastEight: "abcdefgh")
        #expect(token.lastUsedAt == nil)
        try tokens.markUsed([token.id])
        let used = try #require(try tokens.known(hash: hashes[0])?.token.lastUsedAt)
        try tokens.markUsed([token.id])
        #expect(try tokens.known(hash: hashes[0])?.token.lastUsedAt == used)
    }
}
