/// Whether git takes a text for the name of a branch or tag (git-check-ref-format), and whether it is safe as an argument of git.
///
/// - Parameter name: without `refs/heads/` or `refs/tags/`.
/// - Returns: why it is none; nil when it is one.
public func whyNoRefName(_ name: String) -> String? {
    let bytes = Array(name.utf8)
    guard !bytes.isEmpty else { return "a name is missing" }
    guard bytes.count <= RefLimits.nameBytesMax else { return "it has more than \(RefLimits.nameBytesMax) bytes" }
    // git itself would take it for an option, and `HEAD` and `@` for what is checked out.
    if bytes.first == UInt8(ascii: "-") { return "it begins with \"-\"" }
    if name == "HEAD" || name == "@" { return "git means something else by it" }
    let refused = Array("~^:?*[\\ ".utf8)
    if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || refused.contains($0) }) {
        return "it has a space, a control character, or one of ~ ^ : ? * [ \\"
    }
    for pair in ["..", "@{"] where has(bytes, Array(pair.utf8)) { return "it has \"\(pair)\"" }
    if bytes.last == UInt8(ascii: ".") { return "it ends with \".\"" }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
        if part.isEmpty { return "it has an empty part" }
        if part.first == UInt8(ascii: ".") { return "a part of it begins with \".\"" }
        if part.count >= 5, part.suffix(5).elementsEqual(".lock".utf8) { return "a part of it ends with \".lock\"" }
    }
    return nil
}

public enum RefLimits {
    /// Bytes of a branch's or tag's name that the API makes; git's files have names of at most 255 bytes.
    public static let nameBytesMax = 250
    /// Branches or tags that a list looks at: a repository with more has the others left out.
    public static let listedMax = 100_000
}

/// Whether a text may be a commit's id, whole or short: 4 to 64 hexadecimal digits.
public func looksLikeCommitID(_ text: String) -> Bool {
    (4...64).contains(text.utf8.count) && text.utf8.allSatisfy { hexDigit($0) != nil }
}

private func has(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count else { return false }
    return (0...(bytes.count - part.count)).contains { bytes[$0..<($0 + part.count)].elementsEqual(part) }
}
