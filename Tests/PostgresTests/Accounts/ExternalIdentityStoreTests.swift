import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Identities at other servers")
struct ExternalIdentityStoreTests {
    private let identities: ExternalIdentityStore
    private let accounts: AccountStore
    private let ann: AccountID
    private let bob: AccountID
    private let issuer = "https://id.example"

    init() throws {
        let database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 4)
        identities = ExternalIdentityStore(database: database)
        accounts = AccountStore(database: database)
        ann = try accounts.create(name: "ann", email: "", password: nil).id
        bob = try accounts.create(name: "bob", email: "", password: nil).id
    }

    @Test("are one account's, and an account is one there")
    func linked() throws {
        try identities.link(ann, issuer: issuer, subject: "7", email: "a@x.example")
        #expect(try identities.account(issuer: issuer, subject: "7")?.id == ann)
        #expect(try identities.account(issuer: "https://other.example", subject: "7") == nil)
        #expect(try identities.identity(of: ann, issuer: issuer)?.email == "a@x.example")
        for (account, subject) in [(bob, "7"), (ann, "8")] {
            #expect(throws: PostgresError.self) {
                try identities.link(account, issuer: issuer, subject: subject, email: "")
            }
        }
        #expect(try !identities.unlink(bob, issuer: issuer))
        #expect(try identities.unlink(ann, issuer: issuer))
        #expect(try identities.account(issuer: issuer, subject: "7") == nil)
    }

    @Test("make an account with a name that is free, or nothing")
    func created() throws {
        #expect(throws: PostgresError.self) {
            _ = try identities.createAccount(name: "ann", email: "", fullName: "", issuer: issuer, subject: "9")
        }
        #expect(try identities.account(issuer: issuer, subject: "9") == nil)
        let made = try identities.createAccount(
            name: "carl", email: "c@x.example", fullName: "Carl", issuer: issuer, subject: "9")
        #expect(try identities.account(issuer: issuer, subject: "9") == made && !made.isAdmin)
        #expect(throws: PostgresError.self) {
            _ = try identities.createAccount(name: "dora", email: "", fullName: "", issuer: issuer, subject: "9")
        }
        #expect(try accounts.account(named: "dora") == nil)
    }

    @Test("a log-in's state comes back once, until it is too old anyway")
    func used() throws {
        let now = Instant(microseconds: 1_700_000_000_000_000)
        #expect(try identities.use(state: [1], expiresAt: now))
        #expect(try !identities.use(state: [1], expiresAt: now))
        #expect(try identities.use(state: [2], expiresAt: Instant(microseconds: 4_000_000_000_000_000)))
        try identities.sweep()
        #expect(try identities.use(state: [1], expiresAt: now))
        #expect(try !identities.use(state: [2], expiresAt: now))
    }
}
