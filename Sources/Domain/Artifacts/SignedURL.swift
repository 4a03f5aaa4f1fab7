/// What an address that needs no other credential is good for.
public enum SignedPurpose: String, CaseIterable, Sendable {
    case upload, download
    /// The check that `millrace doctor` makes of the way through nginx.
    case probe
}

public enum SignedURLLimits {
    /// Bytes of a key, and of a signature: SHA-256.
    public static let keyBytes = 32
    /// Seconds between two readings of the keys by an instance. No request reads them, whatever key it names.
    public static let rereadSeconds: Int64 = 20
    /// Seconds until a new key signs: every instance has read it by then, even one whose first try failed.
    public static let keySettlesSeconds: Int64 = 60
    /// Seconds after a new key was made until the one before is retired: it signs on until the new one is settled, what it
    /// signed last lives as long as an address may, and an hour is for instances that could not read the new one.
    public static let keyLastsSeconds = keySettlesSeconds + ArtifactLimits.uploadURLSeconds + 3600
}

/// What is signed of such an address. Only ids: a name that could be moved from one field to the next, or looked up
/// elsewhere, is not in it (GHSA-hg5r-vq93-9fv6; artifacts.md 7 #1).
public struct SignedFields: Equatable, Sendable {
    /// The first byte of the message: another layout gets another one, and no old signature is good for it.
    private static let layout: UInt8 = 1

    public let purpose: SignedPurpose
    /// Of the upload or the artifact; the purpose says which.
    public let id: Int64
    /// Unix seconds.
    public let expires: Int64
    public let keyID: Int64

    public init(purpose: SignedPurpose, id: Int64, expires: Int64, keyID: Int64) {
        self.purpose = purpose
        self.id = id
        self.expires = expires
        self.keyID = keyID
    }

    /// The bytes to sign: the layout, then every field with its length before it, so that two different tuples never make
    /// one message.
    public func message() -> [UInt8] {
        [Self.layout] + lengthPrefixed([Array(purpose.rawValue.utf8)] + [id, expires, keyID].map(bigEndian))
    }
}

/// Each field after its length in four bytes, so that no byte can move from one field to the next.
func lengthPrefixed(_ fields: [[UInt8]]) -> [UInt8] {
    fields.flatMap { bigEndian(UInt32($0.count)) + $0 }
}

private func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}
