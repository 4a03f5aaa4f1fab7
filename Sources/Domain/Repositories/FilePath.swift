/// Whether a text can be the path of a file in a repository.
///
/// - Returns: why it cannot; nil when it can.
public func whyNoFilePath(_ path: String) -> String? {
    let bytes = path.utf8
    guard !bytes.isEmpty else { return "a path is missing" }
    guard bytes.count <= FilePathLimits.pathBytesMax else {
        return "it has more than \(FilePathLimits.pathBytesMax) bytes"
    }
    // A line break ends a name for git's own programs.
    guard !bytes.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else { return "it has a NUL or a line break" }
    let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count <= FilePathLimits.partsMax else { return "it has more than \(FilePathLimits.partsMax) parts" }
    for part in parts {
        if part.isEmpty { return "it begins or ends with \"/\", or has two of them together" }
        if part.count > FilePathLimits.partBytesMax {
            return "a part of it has more than \(FilePathLimits.partBytesMax) bytes"
        }
        if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) { return "a part of it is \".\" or \"..\"" }
        // Windows takes a backslash for a slash.
        for name in part.split(separator: UInt8(ascii: "\\")) where isGitDirectory(Substring(name)) {
            return "a part of it is git's own directory"
        }
    }
    return nil
}

public enum FilePathLimits {
    public static let pathBytesMax = 4096
    public static let partBytesMax = 255
    public static let partsMax = 48
}

/// `.git` as any of the file systems reads it on which somebody checks it out: in any case, with dots and spaces behind it or
/// a stream's name, by its short name, or with characters in it that are not seen.
private func isGitDirectory(_ name: Substring) -> Bool {
    let seen = name.unicodeScalars.filter { scalar in
        switch scalar.value {
        case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: false
        default: true
        }
    }
    var text = String(String.UnicodeScalarView(seen)).lowercased()
    if let colon = text.firstIndex(of: ":") { text = String(text[..<colon]) }
    while text.hasSuffix(".") || text.hasSuffix(" ") { text.removeLast() }
    return text == ".git" || text == "git~1"
}
