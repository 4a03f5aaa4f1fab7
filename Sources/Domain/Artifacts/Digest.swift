/// A SHA-256 of stored bytes.
public struct Digest: Hashable, Sendable {
    public static let byteCount = 32
    private static let label = "sha256:"

    public let bytes: [UInt8]

    /// - Returns: nil unless there are ``byteCount`` bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads `sha256:` and 64 hexadecimal digits, which may be upper-case.
    public init?(labelled text: String) {
        let utf8 = Array(text.utf8)
        guard utf8.starts(with: Self.label.utf8) else { return nil }
        let digits = utf8.dropFirst(Self.label.utf8.count)
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for at in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
            guard let high = hexValue(digits[at]), let low = hexValue(digits[at + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// 64 digits, lower-case.
    public var hex: String { Domain.hex(bytes) }

    /// As the toolkit and REST write it.
    public var labelled: String { Self.label + hex }
}
