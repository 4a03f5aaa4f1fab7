import Crypto
import Foundation
import Web

/// Keeps what must be read again: AES-256-GCM, bound to the place it belongs to, so that a sealed value copied to
/// another row does not open (docs/adr/0011).
struct Seal: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: of 32 bytes.
    init(key: SymmetricKey) { self.key = key }

    /// - Returns: nonce, text and tag.
    package func close(_ secret: [UInt8], at place: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: key, authenticating: Array(place.utf8))
        // A nonce of 12 bytes, which seal makes, always has this form; storing nothing would lose the secret.
        guard let combined = box.combined else { throw Failure(.fault, "could not seal a secret for \"\(place)\"") }
        return Array(combined)
    }

    func open(_ sealed: [UInt8], at place: String) throws -> [UInt8] {
        do {
            return Array(
                try AES.GCM.open(try AES.GCM.SealedBox(combined: sealed), using: key, authenticating: Array(place.utf8))
            )
        } catch {
            throw Failure(
                .fault,
                "could not open what is sealed for \"\(place)\": the server's key is another one or the row was changed"
            )
        }
    }
}
