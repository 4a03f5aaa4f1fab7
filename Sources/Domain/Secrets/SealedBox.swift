/// What clients of GitHub's API send a secret in: anonymous, for the holder of one X25519 key (libsodium's `crypto_box_seal`).
///
/// The Diffie-Hellman itself is the caller's, by a library.
public enum SealedBox {
    public static let keyBytes = 32

    /// The sender's public key, which stands at the beginning of the box; nil when there is no room for one.
    public static func sender(of box: [UInt8]) -> [UInt8]? {
        guard box.count >= keyBytes + Poly1305.tagBytes else { return nil }
        return Array(box[..<keyBytes])
    }

    /// - Parameters:
    ///   - box: sender's public key, tag, text.
    ///   - shared: X25519 of the recipient's private key and the sender's public one.
    ///   - recipient: the recipient's public key.
    /// - Returns: nil when the box was made for another key, or changed.
    public static func open(_ box: [UInt8], shared: [UInt8], recipient: [UInt8]) -> [UInt8]? {
        guard let sender = sender(of: box) else { return nil }
        let key = XSalsa20.hsalsa20(key: shared, input: [UInt8](repeating: 0, count: 16))
        let nonce = Blake2b.hash(sender + recipient, bytes: XSalsa20.nonceBytes)
        let tag = box[keyBytes..<(keyBytes + Poly1305.tagBytes)]
        let text = box[(keyBytes + Poly1305.tagBytes)...]
        let stream = XSalsa20.stream(32 + text.count, key: key, nonce: nonce)
        let expected = Poly1305.tag(of: text, key: Array(stream[..<32]))
        // Every byte is compared, so that the time does not say which differs.
        guard zip(tag, expected).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        return zip(text, stream[32...]).map { $0 ^ $1 }
    }
}
