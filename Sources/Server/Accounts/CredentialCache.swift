import Domain
import Glibc
import Postgres
import Synchronization
import Web

/// Access tokens and sessions that were looked up lately, so that a call with one costs no statement for who calls
/// (docs/adr/0024, 0037).
///
/// Notifications of changed accounts empty it; while they cannot be heard nothing is kept, and nothing is kept longer than
/// `lifeMicroseconds`. It counts uses as well, which a batch writes down now and then.
package final class CredentialCache: Sendable {
    /// Uses of one kind of credential, which are written at most once in an interval.
    private struct Uses {
        let everyMicroseconds: Int64
        var used: Set<Int64> = []
        var written: [Int64: Int64] = [:]

        mutating func takeDue(_ now: Int64) -> [Int64] {
            written = written.filter { now - $0.value < everyMicroseconds }
            let due = used.filter { written[$0] == nil }
            for id in due { written[id] = now }
            used.subtract(due)
            return Array(due)
        }
    }
    private struct State {
        var known: [[UInt8]: (token: KnownToken, at: Int64)] = [:]
        var sessions: [[UInt8]: (session: KnownSession, at: Int64)] = [:]
        /// Rises with each notification: what was read before it is not kept.
        var changes = 0
        var isListening = false
        var tokenUses = Uses(everyMicroseconds: 60_000_000)
        var sessionUses = Uses(everyMicroseconds: SessionLimits.seenEverySeconds * 1_000_000)
        var loggedIn: Set<AccountID> = []
        /// Accounts that are being changed here, and whether the notification of it was heard.
        var awaited: [Int64: Bool] = [:]

        mutating func forget(account: Int64) {
            changes += 1
            known = known.filter { $0.value.token.account.id.number != account }
            sessions = sessions.filter { $0.value.session.account.id.number != account }
        }
        mutating func forgetAll(isListening: Bool) {
            self.isListening = isListening
            changes += 1
            known.removeAll()
            sessions.removeAll()
        }
    }
    private static let lifeMicroseconds: Int64 = 10_000_000
    private static let tokensMax = 10_000
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
            state.tokenUses.used.insert(token.token.id)
            guard remembered == nil, state.isListening, state.changes == changes else { return }
            if state.known.count >= Self.tokensMax { state.known.removeAll() }
            state.known[hash] = (token, now)
        }
        return token
    }

    /// The session of a secret's hash, by `look` when it is not remembered.
    func session(_ hash: [UInt8], look: () throws -> KnownSession?) rethrows -> KnownSession? {
        let now = Clock.monotonicMicroseconds()
        let (remembered, changes) = state.withLock { state in
            (state.sessions[hash].flatMap { now - $0.at < Self.lifeMicroseconds ? $0.session : nil }, state.changes)
        }
        let session: KnownSession
        if let remembered {
            session = remembered
        } else {
            guard let found = try look() else { return nil }
            session = found
        }
        state.withLock { state in
            state.sessionUses.used.insert(session.session.id)
            guard remembered == nil, state.isListening, state.changes == changes else { return }
            if state.sessions.count >= Self.tokensMax { state.sessions.removeAll() }
            state.sessions[hash] = (session, now)
        }
        return session
    }

    /// The session's row was changed here, by which secret it is asked for.
    func forget(session: Int64) {
        state.withLock { state in
            state.changes += 1
            state.sessions = state.sessions.filter { $0.value.session.session.id != session }
        }
    }

    func loggedIn(_ account: AccountID) { state.withLock { _ = $0.loggedIn.insert(account) } }

    package func forget(account: Int64) {
        state.withLock { state in
            state.forget(account: account)
            if state.awaited[account] != nil { state.awaited[account] = true }
        }
    }

    /// Makes a change after which credentials of an account are others, and waits until this instance has heard of it by
    /// PostgreSQL, as the others have by then: whoever is told that a token is revoked finds it refused.
    func changing<T>(_ account: AccountID, _ change: () throws -> T) rethrows -> T {
        state.withLock { $0.awaited[account.number] = false }
        defer {
            state.withLock { state in
                state.forget(account: account.number)
                _ = state.awaited.removeValue(forKey: account.number)
            }
        }
        let result = try change()
        for _ in 0..<Self.heardMillisecondsMax {
            guard state.withLock({ $0.isListening && $0.awaited[account.number] == false }) else { break }
            usleep(1000)
        }
        return result
    }
    package func listening() { state.withLock { $0.forgetAll(isListening: true) } }
    package func lost() { state.withLock { $0.forgetAll(isListening: false) } }

    /// What is to be written down now.
    func takeDue() -> (tokens: [Int64], sessions: [Int64], accounts: [AccountID]) {
        let now = Clock.monotonicMicroseconds()
        return state.withLock { state in
            let accounts = state.loggedIn
            state.loggedIn = []
            return (state.tokenUses.takeDue(now), state.sessionUses.takeDue(now), Array(accounts))
        }
    }
}
