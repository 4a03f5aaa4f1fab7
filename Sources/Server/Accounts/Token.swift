import Crypto
import CryptoExtras
import Domain

/// Random tokens: 160 bits as 40 hex characters, stored as SHA-256 only (DESIGN section 5).
package enum Token {
    package static func random(bytes count: Int) -> [UInt8] {
        var source = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) }
    }
    package static func make() -> String { hex(random(bytes: 20)) }
    package static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }
    /// Compares every byte whatever the first difference is.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// scrypt with N = 16384, r = 8, p = 1: about 50 ms and 16 MiB for one guess.
package enum Password {
    package static let bytesMax = 1024
    package static func hash(_ password: String, salt: [UInt8]) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8.prefix(bytesMax)), salt: salt, outputByteCount: 32, rounds: 16_384, blockSize: 8,
            parallelism: 1)
        return key.withUnsafeBytes { Array($0) }
    }
}
