import Crypto
import Dispatch
import Domain
import Foundation
import Synchronization
import Web

/// Passwords at a bounded cost: proven ones are remembered, wrong ones are counted, few are computed at once.
///
/// All of it is this process's alone: a guesser who asks every instance has as many tries as there are instances.
final class PasswordGuard: Sendable {
    /// One computation that several requests may wait for.
    private final class Computation: Sendable {
        let done = DispatchGroup()
        let isRight = Mutex<Bool?>(nil)
        /// It has one of the places, so that whoever waits for it waits for one scrypt and not for others.
        let isRunning: Atomic<Bool>
        init(isRunning: Bool) { self.isRunning = Atomic(isRunning) }
    }
    private struct Counter {
        var wrong = 0
        var lastAt: Int64 = 0
    }
    private struct State {
        var proven: [[UInt8]: Int64] = [:]
        var underWay: [[UInt8]: Computation] = [:]
        /// By digest of account and network: names are as long as whoever guesses likes.
        var counters: [[UInt8]: Counter] = [:]
        /// Requests that wait while it is not their computation's turn.
        var waiting = 0
    }
    /// A proven password is computed again after this.
    private static let lifeMicroseconds: Int64 = 60_000_000
    private static let provenMax = 10_000

    private let key = SymmetricKey(size: .bits256)
    /// For names that nobody has: they cost what others cost, and are not told apart by time.
    private let nobody = (hash: Token.random(bytes: 32), salt: Token.random(bytes: 16))
    private let state = Mutex(State())
    private let places = DispatchSemaphore(value: GuessLimits.scryptsMax)
    private let waitMilliseconds: Int

    init(waitMilliseconds: Int = GuessLimits.waitMilliseconds) { self.waitMilliseconds = waitMilliseconds }

    /// - Parameters:
    ///   - name: as it was given; what is counted for it.
    ///   - stored: hash and salt; nil when there is no such account.
    /// - Throws: `.throttled` after too many wrong ones, `.busy` when too many are computed.
    func proves(
        _ password: String, of name: String, stored: (hash: [UInt8], salt: [UInt8])?, from address: String
    ) throws -> Bool {
        guard password.utf8.count <= Password.bytesMax else { return false }
        let (hash, salt) = stored ?? nobody
        let mark = Array(HMAC<SHA256>.authenticationCode(for: hash + salt + Array(password.utf8), using: key))
        let network = Self.network(of: address)
        let counted = [
            (digest("\(name.lowercased())\n\(network)"), GuessLimits.freeOfAccount),
            (digest("\n\(network)"), GuessLimits.freeOfAddress),
        ]
        let now = Clock.monotonicMicroseconds()
        let (isProven, wait) = state.withLock { state in
            (state.proven[mark].map { now - $0 < Self.lifeMicroseconds } ?? false, Self.wait(counted, state, now))
        }
        // Who knows the password is served whatever others guess meanwhile.
        if isProven { return true }
        if wait > 0 {
            throw Failure(
                .throttled, "too many wrong passwords from \(address); try again in \(wait) s, or use an access token")
        }
        let isRight = try compute(mark) {
            // An account without a password has an empty hash.
            Token.equal(try Password.hash(password, salt: salt), hash) && stored != nil
        }
        state.withLock { state in
            let now = Clock.monotonicMicroseconds()
            if isRight {
                if state.proven.count >= Self.provenMax { state.proven.removeAll() }
                state.proven[mark] = now
                state.counters[counted[0].0] = nil
            } else {
                Self.count(counted.map(\.0), in: &state, now)
            }
        }
        return isRight
    }

    /// Requests with the same password wait for one computation: a script that begins with ten at once pays for one.
    func compute(_ mark: [UInt8], _ work: () throws -> Bool) throws -> Bool {
        let busy = Failure(.busy, "too many passwords are being checked; try again in a moment, or use an access token")
        let deadline = DispatchTime.now() + .milliseconds(waitMilliseconds)
        let (computation, isOurs, waits) = try state.withLock { state in
            let other = state.underWay[mark]
            let isRunning =
                other.map { $0.isRunning.load(ordering: .acquiring) } ?? (places.wait(timeout: .now()) == .success)
            guard isRunning || state.waiting < GuessLimits.waitersMax else { throw busy }
            if !isRunning { state.waiting += 1 }
            if let other { return (other, false, !isRunning) }
            let fresh = Computation(isRunning: isRunning)
            fresh.done.enter()
            state.underWay[mark] = fresh
            return (fresh, true, !isRunning)
        }
        func stopWaiting() { if waits { state.withLock { $0.waiting -= 1 } } }
        guard isOurs else {
            defer { stopWaiting() }
            guard computation.done.wait(timeout: deadline) == .success,
                let isRight = computation.isRight.withLock({ $0 })
            else { throw busy }
            return isRight
        }
        defer {
            state.withLock { _ = $0.underWay.removeValue(forKey: mark) }
            computation.done.leave()
        }
        if waits {
            defer { stopWaiting() }
            guard places.wait(timeout: deadline) == .success else { throw busy }
            computation.isRunning.store(true, ordering: .releasing)
        }
        defer { places.signal() }
        let isRight = try work()
        computation.isRight.withLock { $0 = isRight }
        return isRight
    }

    private func digest(_ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    private static func wait(_ counted: [([UInt8], Int)], _ state: State, _ now: Int64) -> Int64 {
        counted.map { name, free in
            guard let counter = state.counters[name] else { return 0 }
            let over = counter.lastAt + guessDelaySeconds(wrong: counter.wrong, free: free) * 1_000_000
            return over > now ? (over - now) / 1_000_000 + 1 : 0
        }.max() ?? 0
    }

    private static func count(_ names: [[UInt8]], in state: inout State, _ now: Int64) {
        let oldest = now - GuessLimits.memorySeconds * 1_000_000
        if state.counters.count >= GuessLimits.countersMax {
            state.counters = state.counters.filter { $0.value.lastAt > oldest }
            if state.counters.count >= GuessLimits.countersMax { state.counters.removeAll() }
        }
        for name in names {
            var counter = state.counters[name] ?? Counter()
            counter.wrong = counter.lastAt > oldest ? counter.wrong + 1 : 1
            counter.lastAt = now
            state.counters[name] = counter
        }
    }

    /// One client has a whole /64 of IPv6.
    private static func network(of address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
        return address.split(separator: ":", omittingEmptySubsequences: false).prefix(4).joined(separator: ":")
    }
}
