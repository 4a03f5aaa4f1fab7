/// The name of an artifact: what the actions toolkit allows, less the control characters it forgets.
///
/// Names are equal when their bytes are. Swift's strings would call two spellings of "é" equal, which PostgreSQL,
/// file systems and clients tell apart.
///
/// - Source: actions/toolkit `path-and-artifact-name-validation.ts`; artifacts.md 2.6.
public struct ArtifactName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Throws: ``Invalid`` with the reason; the text is shown to the person who wrote the workflow.
    public init(_ text: String) throws(Invalid) {
        guard !text.isEmpty else { throw .empty }
        let byteCount = text.utf8.count
        guard byteCount <= ArtifactLimits.nameBytesMax else { throw .tooLong(byteCount: byteCount) }
        if let bad = text.unicodeScalars.first(where: { isForbiddenInPath($0) || $0 == "/" || $0 == "\\" }) {
            throw .forbidden(bad, in: text)
        }
        guard text != ".", text != ".." else { throw .directory(text) }
        self.text = text
    }

    public var description: String { text }

    public static func == (left: ArtifactName, right: ArtifactName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    public enum Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        case empty
        case tooLong(byteCount: Int)
        case forbidden(Unicode.Scalar, in: String)
        /// "." or "..", which file systems take for directories.
        case directory(String)

        public var description: String {
            switch self {
            case .empty: "artifact name is empty; give the artifact a name"
            case .tooLong(let byteCount):
                "artifact name is \(byteCount) bytes long; choose one of at most \(ArtifactLimits.nameBytesMax)"
            case .forbidden(let scalar, let text):
                "artifact name \"\(shown(text))\" contains \(shown(scalar)); "
                    + #"choose a name without " : < > | * ? \ / and control characters"#
            case .directory(let text): "artifact name \"\(text)\" means a directory; choose another name"
            }
        }
    }
}

/// Characters that no file system of a client may be asked to write, and those that would forge lines of a log or a header.
/// "/" and "\" are not among them: they part a path.
func isForbiddenInPath(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\"", ":", "<", ">", "|", "*", "?": true
    default: isControl(scalar)
    }
}

/// C0, DEL and C1.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
}

/// A character as a message may hold it.
func shown(_ scalar: Unicode.Scalar) -> String {
    guard isControl(scalar) else { return "\"\(scalar)\"" }
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return "the control character U+" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
}

/// What a client sent, as a message may hold it: without control characters and not longer than one wants to read.
func shown(_ text: String) -> String {
    let charactersMax = 120
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(charactersMax) { out.append(isControl(scalar) ? "\u{FFFD}" : scalar) }
    return String(out) + (text.unicodeScalars.count > charactersMax ? "…" : "")
}
