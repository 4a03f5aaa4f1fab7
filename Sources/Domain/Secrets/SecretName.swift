/// The name of a secret or of a variable, in capitals, as jobs and answers have it (rest.md 3).
public struct SecretName: Hashable, Sendable {
    public let text: String

    public enum Invalid: Error, Equatable, Sendable {
        case empty
        case tooLong(byteCount: Int)
        /// Not a letter or `_` at the beginning, or something else than letters, digits and `_`.
        case malformed
        /// Begins with a prefix that belongs to the server, or is a name of its own.
        case reserved(String)
    }

    /// Prefixes of what the server itself hands to jobs: nobody can override the job's token.
    private static let reservedPrefixes = ["GITHUB_", "GITEA_"]
    private static let reservedNames = ["CI"]

    public init(_ text: String) throws(Invalid) {
        guard !text.isEmpty else { throw .empty }
        let byteCount = text.utf8.count
        guard byteCount <= SecretLimits.nameBytesMax else { throw .tooLong(byteCount: byteCount) }
        var upper: [UInt8] = []
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): upper.append(byte)
            case UInt8(ascii: "a")...UInt8(ascii: "z"): upper.append(byte - 32)
            case UInt8(ascii: "0")...UInt8(ascii: "9") where index > 0: upper.append(byte)
            default: throw .malformed
            }
        }
        let name = String(decoding: upper, as: UTF8.self)
        if let prefix = Self.reservedPrefixes.first(where: { name.hasPrefix($0) }) { throw .reserved(prefix) }
        if Self.reservedNames.contains(name) { throw .reserved(name) }
        self.text = name
    }

    /// The name as it is stored, which was checked before.
    public init(stored text: String) { self.text = text }
}

extension SecretName.Invalid {
    /// What is wrong with the name and what to do.
    public var words: String {
        switch self {
        case .empty: "the name is empty"
        case .tooLong(let byteCount):
            "the name has \(byteCount) bytes; at most \(SecretLimits.nameBytesMax) are allowed"
        case .malformed: "the name must be letters, digits and _, and not begin with a digit"
        case .reserved(let word): "names that are or begin with \"\(word)\" are the server's own; choose another"
        }
    }
}
