import Crypto
import Domain
import Foundation
import Synchronization
import Web

/// Signs addresses that need no other credential, and verifies them (artifacts.md 7 #1 to #4).
///
/// Keys are kept in memory and read again by housekeeping. A request never makes us ask the database for a key, so a client
/// that invents key ids costs nothing.
final class SignedURLs: Sendable {
    struct Key: Sendable {
        package let id: Int64
        let secret: [UInt8]
        /// Every instance has read it, so that what it signs is verified anywhere.
        let isKnownEverywhere: Bool
    }

    private struct Keys {
        let signing: Int64
        /// One key a purpose, so that no signature is good for anything else (artifacts.md 7 #2).
        let derived: [Int64: [SignedPurpose: SymmetricKey]]

        /// The newest that every instance has. If there is none, the first is the one that all instances began with.
        init?(_ keys: [Key]) {
            let oldestFirst = keys.sorted { $0.id < $1.id }
            guard let key = oldestFirst.last(where: \.isKnownEverywhere) ?? oldestFirst.first else { return nil }
            signing = key.id
            derived = Dictionary(
                uniqueKeysWithValues: keys.map { key in
                    let each = SignedPurpose.allCases.map { ($0, Self.derive(key.secret, for: $0)) }
                    return (key.id, Dictionary(uniqueKeysWithValues: each))
                })
        }

        private static func derive(_ secret: [UInt8], for purpose: SignedPurpose) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret), info: Array("millrace url \(purpose.rawValue)".utf8),
                outputByteCount: SignedURLLimits.keyBytes)
        }
    }

    private let load: @Sendable () throws -> [Key]
    /// Nil until they were read once.
    private let keys = Mutex<Keys?>(nil)

    /// - Parameter keys: reads all that may verify; at least one.
    init(keys load: @escaping @Sendable () throws -> [Key]) { self.load = load }

    /// Takes up new keys and forgets retired ones. When it fails, those from before serve on.
    func reread() throws { _ = try readAgain() }

    /// Named as in Azure's shared access signatures (se: expiry, si: identifier, of the key here): of an address's query, its
    /// SDKs for other languages than JavaScript keep only the names they know.
    ///
    /// - Returns: the query of an address, without characters that a client would encode or drop: an unescaped "=" at a
    ///   value's end is lost by Azure's SDK (artifacts.md 3.3).
    func sign(_ purpose: SignedPurpose, id: Int64, seconds: Int64, now: Instant) throws -> String {
        precondition(
            (1...ArtifactLimits.uploadURLSeconds).contains(seconds), "an address must be over before its key is retired"
        )
        let keys = try current()
        guard let key = keys.derived[keys.signing]?[purpose] else {
            throw Failure(.fault, "there is no key that signs addresses")
        }
        let fields = SignedFields(
            purpose: purpose, id: id, expires: now.microseconds / 1_000_000 + seconds, keyID: keys.signing)
        let signature = HMAC<SHA256>.authenticationCode(for: fields.message(), using: key)
        return "se=\(fields.expires)&si=\(fields.keyID)&sig=\(JWT.base64URL(Data(signature)))"
    }

    /// Before anything is looked up.
    ///
    /// - Throws: one failure for all that can be wrong, so that nothing is learnt by trying.
    func verify(_ purpose: SignedPurpose, id: Int64, query: [String: String], now: Instant) throws {
        let keys = try current()
        guard let expires = canonicalNumber(query["se"]), let keyID = canonicalNumber(query["si"]),
            let signature = canonicalBytes(query["sig"]), let key = keys.derived[keyID]?[purpose],
            // Compares in constant time.
            HMAC<SHA256>.isValidAuthenticationCode(
                signature,
                authenticating: SignedFields(purpose: purpose, id: id, expires: expires, keyID: keyID).message(),
                using: key),
            now.microseconds / 1_000_000 < expires
        else { throw Failure(.forbidden, "this address is wrong or too old; ask for a new one") }
    }

    /// Once read they are never absent, so that only a server that has just started reads them for a request.
    private func current() throws -> Keys { try keys.withLock { $0 } ?? readAgain() }

    private func readAgain() throws -> Keys {
        guard let read = Keys(try load()) else { throw Failure(.fault, "there is no key that signs addresses") }
        keys.withLock { $0 = read }
        return read
    }
}

/// A number in the one spelling that it has: another would be another address with the same signature. Of an id in a path,
/// too: what is not written as we write it was not signed by us.
func canonicalNumber(_ text: String?) -> Int64? {
    guard let text, let number = Int64(text), String(number) == text else { return nil }
    return number
}

/// The bytes of base64url in the one spelling that they have.
private func canonicalBytes(_ text: String?) -> [UInt8]? {
    let textBytes = (SignedURLLimits.keyBytes * 8 + 5) / 6
    guard let text, text.utf8.count == textBytes, let bytes = JWT.bytes(text[...]), JWT.base64URL(Data(bytes)) == text
    else { return nil }
    return bytes
}
