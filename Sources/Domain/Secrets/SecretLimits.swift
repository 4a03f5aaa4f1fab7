/// What secrets and variables may hold (rest.md 3).
public enum SecretLimits {
    /// Bytes of a name; rest.md recommends it.
    public static let nameBytesMax = 255
    /// Bytes of a secret's value. It and a variable's, escaped, fit into `BodyLimits.jsonBytesMax` (Web).
    public static let secretBytesMax = 65_536
    /// Code points of a variable's value.
    public static let variableScalarsMax = 65_536
    /// Code points of a description that are kept.
    public static let descriptionScalarsMax = 4_096
    /// Secrets, and as many variables, of one repository, of one owner and of the instance: all of them go out with each
    /// task. GitHub allows 100 and 1 000.
    public static let perLevelMax = 1_000
    /// Bytes of all secrets, and as many of all variables, of one level: a claim holds those of three levels in memory. Room for
    /// 128 of the longest.
    public static let levelBytesMax = 8 * 1024 * 1024
}

/// Why a value is not taken.
public enum ValueFault: Error, Equatable, Sendable {
    case empty
    case tooLong
    /// PostgreSQL does not store it, nor can an environment hold it.
    case hasNUL

    public var words: String {
        switch self {
        case .empty: "Required"
        case .tooLong: "data too long"
        case .hasNUL: "the value holds the character U+0000, which cannot be stored; leave it out"
        }
    }
}

/// A secret's value, as it was sent.
public func checkedSecret(_ value: String) throws(ValueFault) -> String {
    guard !value.isEmpty else { throw .empty }
    guard value.utf8.count <= SecretLimits.secretBytesMax else { throw .tooLong }
    guard !value.utf8.contains(0) else { throw .hasNUL }
    return value
}

/// A variable's value with the line ends that jobs see.
public func checkedVariable(_ value: String) throws(ValueFault) -> String {
    guard !value.isEmpty else { throw .empty }
    // Whoever sends CRLF may send twice as many; no more is looked at.
    guard value.utf8.count <= SecretLimits.variableScalarsMax * 8 else { throw .tooLong }
    guard !value.utf8.contains(0) else { throw .hasNUL }
    let plain = withPlainLineEnds(value)
    guard plain.unicodeScalars.count <= SecretLimits.variableScalarsMax else { throw .tooLong }
    return plain
}

/// A description, cut; nil when it holds what cannot be stored.
public func checkedDescription(_ text: String?) throws(ValueFault) -> String {
    guard let text else { return "" }
    guard !text.utf8.contains(0) else { throw .hasNUL }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(SecretLimits.descriptionScalarsMax)))
}

/// CRLF becomes LF. By bytes: CRLF is one character to Swift.
private func withPlainLineEnds(_ text: String) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        if byte == 0x0A, out.last == 0x0D { out.removeLast() }
        out.append(byte)
    }
    return String(decoding: out, as: UTF8.self)
}
