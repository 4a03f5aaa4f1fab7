/// Who a runner is whose secret its operator made, without the server's part in it (runner.md 2.3, offline registration).
///
/// Forgejo's runner computes the same from the same secret, so the two need never speak before its first call.
public struct PresetRunner: Equatable, Sendable {
    public static let secretCharacters = 40

    /// The secret's first 16 characters, as bytes.
    public let uuid: String
    /// The whole secret.
    public let token: String

    /// - Throws: what is wrong with the secret, without repeating it.
    public init(secret: String) throws(Invalid) {
        let bytes = Array(secret.utf8)
        guard bytes.count == Self.secretCharacters else { throw Invalid(problem: "has \(bytes.count) bytes") }
        guard bytes.allSatisfy({ hexValue($0) != nil }) else { throw Invalid(problem: "has other characters") }
        uuid = uuidText(bytes.prefix(16))
        token = secret
    }

    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        public let problem: String
        public var description: String {
            "the secret must be \(secretCharacters) hexadecimal digits, it \(problem); make one with: openssl rand -hex 20"
        }
    }
}
