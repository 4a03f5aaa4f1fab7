import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Registration tokens")
struct RegistrationTokenStoreTests {
    private let database: Database
    private let tokens: RegistrationTokenStore
    private static let scopes: [RunnerScope] = [.everything, .owner(AccountID(1)), .repository(RepositoryID(1))]

    init() throws {
        database = Database(dsn: try PrivatePostgres.databaseWithRun(jobs: 1), size: 8)
        tokens = RegistrationTokenStore(database: database)
    }

    private func token(_ number: UInt8) -> FreshRegistrationToken {
        FreshRegistrationToken(hash: Array(repeating: number, count: 32), sealed: [number])
    }
    private func known(_ number: UInt8) throws -> KnownRegistration? {
        try tokens.known(hash: Array(repeating: number, count: 32))
    }

    @Test("each scope has one of its own, made by the first who asks")
    func current() throws {
        for (number, scope) in Self.scopes.enumerated() {
            let number = UInt8(number + 1)
            #expect(try tokens.current(of: scope) { token(number) } == [number])
            #expect(try tokens.current(of: scope) { token(99) } == [number])
            #expect(try known(number) == KnownRegistration(scope: scope, isActive: true))
        }
        #expect(try known(99) == nil)
    }

    @Test("instances that ask at once are told the same one")
    func askedAtOnce() throws {
        let seen = Seen<[UInt8]>()
        atOnce(6) { index in
            if let found = try? tokens.current(of: .everything, orElse: { token(UInt8(index)) }) { seen.add(found) }
        }
        #expect(seen.all.count == 6)
        #expect(Set(seen.all).count == 1)
    }

    @Test("a rotation ends every other one of its scope and none of another")
    func rotation() throws {
        for (number, scope) in Self.scopes.enumerated() { _ = try tokens.current(of: scope) { token(UInt8(number)) } }
        try tokens.rotate(.owner(AccountID(1)), to: token(9))
        #expect(try known(1)?.isActive == false)
        #expect(try known(9) == KnownRegistration(scope: .owner(AccountID(1)), isActive: true))
        #expect(try known(0)?.isActive == true && known(2)?.isActive == true)
        #expect(try tokens.current(of: .owner(AccountID(1))) { token(7) } == [9])
    }

    @Test("of rotations at once one token is left")
    func rotationsAtOnce() throws {
        atOnce(6) { index in try? tokens.rotate(.everything, to: token(UInt8(index))) }
        let active = Statement("active", "select count(*) from registration_token where is_active")
        #expect(try database.readOne(active).int(0) == 1)
    }

    @Test("the operator's own is installed once, found afterwards, and stays away once it was rotated away")
    func bootstrap() throws {
        let seen = Seen<Bootstrap>()
        atOnce(4) { _ in if let step = try? tokens.bootstrap(token(1)) { seen.add(step) } }
        #expect(seen.all.count == 4)
        #expect(seen.all.filter { $0 == .install }.count == 1)
        #expect(seen.all.filter { $0 == .nothing }.count == 3)
        try tokens.rotate(.everything, to: token(2))
        #expect(try tokens.bootstrap(token(1)) == .wasRotated)
        #expect(try known(2)?.isActive == true)
        try tokens.rotate(.repository(RepositoryID(1)), to: token(3))
        #expect(try tokens.bootstrap(token(3)) == .isOfAnotherScope)
    }

    @Test("those that were rotated away long ago are removed, no active one ever")
    func removed() throws {
        try tokens.rotate(.everything, to: token(1))
        try tokens.rotate(.everything, to: token(2))
        try tokens.removeInactive(olderThanSeconds: 60, limit: 10)
        #expect(try known(1) != nil)
        try Connection(dsn: database.dsn).script("update registration_token set created_at = now() - interval '1 hour'")
        try tokens.removeInactive(olderThanSeconds: 60, limit: 10)
        #expect(try known(1) == nil)
        #expect(try known(2)?.isActive == true)
    }
}
