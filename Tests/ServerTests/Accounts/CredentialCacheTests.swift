import Domain
import Postgres
import TestSupport
import Testing

@testable import Server

@Suite("The cache of access tokens")
struct CredentialCacheTests {
    private let app: TestApp
    private let cache = CredentialCache()
    private let known: KnownToken
    private let hash = Array(repeating: UInt8(7), count: 32)

    init() throws {
        app = try TestApp()
        let ann = try #require(try app.app.accounts.account(named: "ann"))
        try app.app.accessTokens.add(to: ann.id, name: "cached", hash: hash, lastEight: "01234567")
        known = try #require(try app.app.accessTokens.known(hash: hash))
    }

    /// How often the database is asked for one token, asked for `times`.
    private func looks(_ times: Int, between: () -> Void = {}) -> Int {
        var looks = 0
        for _ in 0..<times {
            #expect(
                cache.known(hash) {
                    looks += 1
                    return known
                } == known)
            between()
        }
        return looks
    }

    @Test("asks once while notifications are heard, and each time while they are not")
    func once() {
        #expect(looks(3) == 3)
        cache.listening()
        #expect(looks(3) == 1)
        cache.lost()
        #expect(looks(2) == 2)
        cache.listening()
        #expect(looks(2) == 1)
    }

    @Test("asks again when the account changed, not when another did")
    func changed() {
        cache.listening()
        #expect(looks(1) == 1)
        cache.forget(account: known.account.id.number + 1)
        #expect(looks(1) == 0)
        cache.forget(account: known.account.id.number)
        #expect(looks(1) == 1)
    }

    @Test("does not keep what was read before a notification that came meanwhile")
    func raced() {
        cache.listening()
        _ = cache.known(hash) {
            cache.forget(account: known.account.id.number)
            return known
        }
        #expect(looks(1) == 1)
    }

    @Test("remembers nothing of a token that there is not")
    func missing() {
        cache.listening()
        #expect(cache.known(hash) { nil } == nil)
        #expect(looks(1) == 1)
    }

    @Test("a token's use is due once a minute")
    func used() {
        cache.listening()
        _ = looks(2)
        #expect(cache.takeDue().tokens == [known.token.id])
        _ = looks(1)
        #expect(cache.takeDue().tokens.isEmpty)
    }
}
