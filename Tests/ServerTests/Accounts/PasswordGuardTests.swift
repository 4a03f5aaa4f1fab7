import Dispatch
import Domain
import Foundation
import Synchronization
import Testing

@testable import Server
@testable import Web

@Suite("Passwords at a bounded cost")
struct PasswordGuardTests {
    private static let salt = Array("salt".utf8)

    @Test("a password is proven by itself alone, also when it is remembered")
    func proven() throws {
        let passwords = PasswordGuard()
        let stored = (hash: try Password.hash("right horse", salt: Self.salt), salt: Self.salt)
        for address in ["10.0.0.1", "10.0.0.2"] {
            #expect(try passwords.proves("right horse", of: "ann", stored: stored, from: address))
            #expect(try !passwords.proves("right hors", of: "ann", stored: stored, from: address))
            #expect(try !passwords.proves("", of: "ann", stored: stored, from: address))
        }
        // The password was changed: what is remembered of the old one proves nothing.
        let changed = (hash: try Password.hash("new horse", salt: Self.salt), salt: Self.salt)
        #expect(try !passwords.proves("right horse", of: "ann", stored: changed, from: "10.0.0.3"))
        #expect(try passwords.proves("new horse", of: "ann", stored: changed, from: "10.0.0.3"))
    }

    @Test("an account without a password cannot be logged into, nor with a password over the limit")
    func noPassword() throws {
        let passwords = PasswordGuard()
        #expect(try !passwords.proves("", of: "guild", stored: ([], []), from: ""))
        #expect(try !passwords.proves("anything", of: "guild", stored: ([], []), from: ""))
        let long = String(repeating: "x", count: Password.bytesMax)
        let stored = (hash: try Password.hash(long, salt: [1]), salt: [UInt8(1)])
        #expect(try passwords.proves(long, of: "ann", stored: stored, from: ""))
        #expect(try !passwords.proves(long + "y", of: "ann", stored: stored, from: ""))
    }

    @Test("A8: after some wrong passwords from one address that address waits, others and proven passwords do not")
    func guesses() throws {
        let passwords = PasswordGuard()
        let stored = (hash: try Password.hash("right horse", salt: Self.salt), salt: Self.salt)
        #expect(try passwords.proves("right horse", of: "ann", stored: stored, from: "10.0.0.9"))
        for guess in 0..<GuessLimits.freeOfAccount {
            #expect(try !passwords.proves("guess \(guess)", of: "ann", stored: stored, from: "10.0.0.1"))
        }
        let refused = #expect(throws: Failure.self) {
            try passwords.proves("one more", of: "ANN", stored: stored, from: "10.0.0.1")
        }
        #expect(refused?.kind == .throttled)
        #expect(try passwords.proves("right horse", of: "ann", stored: stored, from: "10.0.0.1"), "remembered")
        #expect(try !passwords.proves("one more", of: "ann", stored: stored, from: "10.0.0.2"))
        #expect(try !passwords.proves("one more", of: "bob", stored: nil, from: "10.0.0.1"))
    }

    @Test("A8: names that nobody has are throttled as others are, and one /64 is one client")
    func unknown() throws {
        let passwords = PasswordGuard()
        for guess in 0..<GuessLimits.freeOfAccount {
            #expect(try !passwords.proves("guess \(guess)", of: "nobody", stored: nil, from: "2001:db8:1:2::\(guess)"))
        }
        #expect(throws: Failure.self) {
            try passwords.proves("one more", of: "nobody", stored: nil, from: "2001:db8:1:2:3:4:5:6")
        }
        #expect(try !passwords.proves("one more", of: "nobody", stored: nil, from: "2001:db8:1:3::1"))
    }

    @Test("A8: a script that begins with many requests at once is served, and pays for one scrypt")
    func atOnce() throws {
        let passwords = PasswordGuard()
        let stored = (hash: try Password.hash("right horse", salt: Self.salt), salt: Self.salt)
        let proven = PasswordGuardTests.count(64) {
            // A busy machine may take longer than a request waits; whoever is told so asks again.
            for _ in 0..<100 {
                do { return try passwords.proves("right horse", of: "ann", stored: stored, from: "10.0.0.1") } catch {
                    guard (error as? Failure)?.kind == .busy else { return false }
                }
            }
            return false
        }
        #expect(proven == 64)
    }

    @Test("H15: few wait for a place, and who comes then is told so at once")
    func waiters() {
        // Longer than the test: who waits is never told so.
        let passwords = PasswordGuard(waitMilliseconds: 600_000)
        let gate = DispatchSemaphore(value: 0)
        let begun = DispatchSemaphore(value: 0)
        let refused = DispatchSemaphore(value: 0)
        let group = DispatchGroup()
        let proven = Mutex(0)
        func start(_ mark: Int) {
            group.enter()
            Thread {
                do {
                    let isRight = try passwords.compute([UInt8(mark)]) {
                        begun.signal()
                        gate.wait()
                        return true
                    }
                    proven.withLock { $0 += isRight ? 1 : 0 }
                } catch { refused.signal() }
                group.leave()
            }.start()
        }
        for mark in 0..<GuessLimits.scryptsMax { start(mark) }
        for _ in 0..<GuessLimits.scryptsMax { begun.wait() }
        // Some of the same password as each other: whoever waits for a waiting one waits too.
        for mark in 0..<(GuessLimits.waitersMax + 5) { start(100 + mark / 2) }
        for _ in 0..<5 { #expect(refused.wait(timeout: .now() + 60) == .success) }
        // Who asks for what is being computed need not wait for a place.
        start(0)
        for _ in 0..<20 { gate.signal() }
        #expect(group.wait(timeout: .now() + 60) == .success)
        #expect(proven.withLock { $0 } >= GuessLimits.scryptsMax + GuessLimits.waitersMax)
    }

    private static func count(_ threads: Int, _ fact: @escaping @Sendable () -> Bool) -> Int {
        let group = DispatchGroup()
        let lock = NSLock()
        nonisolated(unsafe) var count = 0
        for _ in 0..<threads {
            group.enter()
            Thread {
                let isTrue = fact()
                lock.withLock { count += isTrue ? 1 : 0 }
                group.leave()
            }.start()
        }
        group.wait()
        return count
    }
}
