import Crypto
import CryptoExtras
import Foundation
import Synchronization

/// Random tokens: 160 bits as 40 hex characters, stored as SHA-256 only (DESIGN section 5).
enum Token {
    static func random(bytes count: Int) -> [UInt8] {
        var source = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) }
    }
    static func make() -> String { hex(random(bytes: 20)) }
    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }
    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
    /// Compares every byte whatever the first difference is.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// scrypt with N = 16384, r = 8, p = 1: about 50 ms and 16 MiB for one guess.
enum Password {
    static let bytesMax = 1024
    static func hash(_ password: String, salt: [UInt8]) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8.prefix(bytesMax)), salt: salt, outputByteCount: 32, rounds: 16_384, blockSize: 8,
            parallelism: 1)
        return key.withUnsafeBytes { Array($0) }
    }
}

/// Passwords proven in the last minute, so that every request of one `git clone` does not cost a scrypt.
///
/// Keys are HMACs under a key that never leaves the process; the stored hash is part of it, so a changed
/// password is refused at once.
final class PasswordCache: Sendable {
    private static let entriesMax = 10_000
    private static let lifeMicroseconds: Int64 = 60_000_000
    private let key = SymmetricKey(size: .bits256)
    private let proven = Mutex<[[UInt8]: Int64]>([:])

    func proves(_ password: String, hash: [UInt8], salt: [UInt8]) throws -> Bool {
        guard hash.count == 32, password.utf8.count <= Password.bytesMax else { return false }
        let mark = Array(HMAC<SHA256>.authenticationCode(for: hash + salt + Array(password.utf8), using: key))
        let now = Clock.monotonicMicroseconds()
        if let at = proven.withLock({ $0[mark] }), now - at < Self.lifeMicroseconds { return true }
        guard Token.equal(try Password.hash(password, salt: salt), hash) else { return false }
        proven.withLock {
            if $0.count >= Self.entriesMax { $0.removeAll() }
            $0[mark] = now
        }
        return true
    }
}
