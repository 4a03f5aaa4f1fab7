import Domain
import Glibc
import Postgres
import Synchronization
import Web

/// Access tokens that were looked up lately, so that a call with one costs no statement for who calls (docs/adr/0024).
///
/// Notifications of changed accounts empty it; while they cannot be heard nothing is kept, and nothing is kept longer than
/// `lifeMicroseconds`. It counts uses as well, which a batch writes down now and then.
package final class CredentialCache: Sendable {
    private struct State {
        var known: [[UInt8]: (token: KnownToken, at: Int64)] = [:]
        /// Rises with each notification: what was read before it is not kept.
        var changes = 0
        var isListening = false
        var used: Set<Int64> = []
        var written: [Int64: Int64] = [:]
        var loggedIn: Set<AccountID> = []
        /// Accounts that are being changed here, and whether the notification of it was heard.
        var awaited: [Int64: Bool] = [:]
    }
    private static let lifeMicroseconds: Int64 = 10_000_000
    private static let tokensMax = 10_000
    /// A token's use, and a login, are written at most this often.
    private static let writtenEveryMicroseconds: Int64 = 60_000_000
    /// A notification takes about a millisecond; without one for so long the answer goes out all the same.
    private static let heardMillisecondsMax = 200
    private let state = Mutex(State())

    /// The token of a hash, by `look` when it is not remembered.
    func known(_ hash: [UInt8], look: () throws -> KnownToken?) rethrows -> KnownToken? {
        let now = Clock.monotonicMicroseconds()
        let (remembered, changes) = state.withLock { state in
            (state.known[hash].flatMap { now - $0.at < Self.lifeMicroseconds ? $0.token : nil }, state.changes)
        }
        let token: KnownToken
        if let remembered {
            token = remembered
        } else {
            guard let found = try look() else { return nil }
            token = found
        }
        state.withLock { state in
            state.used.insert(token.token.id)
            guard remembered == nil, state.isListening, state.changes == changes else { return }
            if state.known.count >= Self.tokensMax { state.known.removeAll() }
            state.known[hash] = (token, now)
        }
        return token
    }

    func loggedIn(_ account: AccountID) { state.withLock { _ = $0.loggedIn.insert(account) } }

    package func forget(account: Int64) {
        state.withLock { state in
            state.changes += 1
            state.known = state.known.filter { $0.value.token.account.id.number != account }
            if state.awaited[account] != nil { state.awaited[account] = true }
        }
    }

    /// Makes a change after which credentials of an account are others, and waits until this instance has heard of it by
    /// PostgreSQL, as the others have by then: whoever is told that a token is revoked finds it refused.
    func changing<T>(_ account: AccountID, _ change: () throws -> T) rethrows -> T {
        state.withLock { $0.awaited[account.number] = false }
        defer {
            forgetLocally(account.number)
            state.withLock { _ = $0.awaited.removeValue(forKey: account.number) }
        }
        let result = try change()
        for _ in 0..<Self.heardMillisecondsMax {
            guard state.withLock({ $0.isListening && $0.awaited[account.number] == false }) else { break }
            usleep(1000)
        }
        return result
    }
    private func forgetLocally(_ account: Int64) {
        state.withLock { state in
            state.changes += 1
            state.known = state.known.filter { $0.value.token.account.id.number != account }
        }
    }
    package func listening() {
        state.withLock { state in
            state.isListening = true
            state.changes += 1
            state.known.removeAll()
        }
    }
    package func lost() {
        state.withLock { state in
            state.isListening = false
            state.changes += 1
            state.known.removeAll()
        }
    }

    /// What is to be written down now.
    func takeDue() -> (tokens: [Int64], accounts: [AccountID]) {
        let now = Clock.monotonicMicroseconds()
        return state.withLock { state in
            state.written = state.written.filter { now - $0.value < Self.writtenEveryMicroseconds }
            let due = state.used.filter { state.written[$0] == nil }
            for token in due { state.written[token] = now }
            state.used.subtract(due)
            let accounts = state.loggedIn
            state.loggedIn = []
            return (Array(due), Array(accounts))
        }
    }
}
