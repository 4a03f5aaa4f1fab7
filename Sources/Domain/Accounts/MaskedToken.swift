/// The token of a form, which looks different in each answer: what guesses at a compressed answer learns nothing of it
/// (BREACH).
public enum MaskedToken {
    /// Bytes of what is masked: an HMAC-SHA256.
    public static let byteCount = 32

    /// - Parameter mask: as many random bytes.
    public static func text(_ token: [UInt8], mask: [UInt8]) -> String {
        precondition(token.count == mask.count, "a mask is as long as what it masks")
        return hex(mask + zip(token, mask).map { $0 ^ $1 })
    }

    /// - Returns: nil of a text that no token has.
    public static func token(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { hexValue($0) }
        guard text.utf8.count == byteCount * 4, digits.count == byteCount * 4 else { return nil }
        let bytes = (0..<byteCount * 2).map { digits[$0 * 2] << 4 | digits[$0 * 2 + 1] }
        return zip(bytes.prefix(byteCount), bytes.dropFirst(byteCount)).map { $0 ^ $1 }
    }
}
