/// Where a file of a v3 upload belongs: `<artifact's name>/<path in the artifact>`.
///
/// All looking is for bytes and scalars. A combining mark after a "/" makes one character of the two for Swift's strings,
/// and the "/" would not be found.
///
/// - Source: artifacts.md 2.3 and 2.6.
public struct ArtifactItemPath: Hashable, Sendable {
    public let artifact: ArtifactName
    /// With "/", relative, without empty, "." and ".." segments.
    public let path: String

    /// - Parameter itemPath: decoded. Windows clients join with "\".
    public init(_ itemPath: String) throws(ArtifactPathProblem) {
        let parts = itemPath.utf8.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: isSeparator)
        guard parts.count == 2 else { throw .noFile(itemPath) }
        do {
            artifact = try ArtifactName(String(Substring(parts[0])))
        } catch {
            throw .artifactName(error)
        }
        path = try Self.checked(parts[1], of: itemPath)
    }

    private static func checked(
        _ path: Substring.UTF8View, of itemPath: String
    ) throws(ArtifactPathProblem) -> String {
        guard path.count <= ArtifactLimits.pathBytesMax else { throw .tooLong(byteCount: path.count) }
        if let bad = Substring(path).unicodeScalars.first(where: isForbiddenInPath) {
            throw .forbidden(bad, in: itemPath)
        }
        let segments = path.split(omittingEmptySubsequences: false, whereSeparator: isSeparator)
        for segment in segments {
            if segment.isEmpty || segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
                throw .segment(String(Substring(segment)), in: itemPath)
            }
            guard segment.count <= ArtifactLimits.pathSegmentBytesMax else {
                throw .segmentTooLong(byteCount: segment.count, in: itemPath)
            }
        }
        return segments.map { String(Substring($0)) }.joined(separator: "/")
    }

    public static func == (left: ArtifactItemPath, right: ArtifactItemPath) -> Bool {
        left.artifact == right.artifact && left.path.utf8.elementsEqual(right.path.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(artifact)
        for byte in path.utf8 { hasher.combine(byte) }
    }
}

private func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") }

public enum ArtifactPathProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no "/" that ends the artifact's name.
    case noFile(String)
    case artifactName(ArtifactName.Invalid)
    case tooLong(byteCount: Int)
    case forbidden(Unicode.Scalar, in: String)
    /// Empty, "." or "..".
    case segment(String, in: String)
    case segmentTooLong(byteCount: Int, in: String)

    public var description: String {
        switch self {
        case .noFile(let itemPath):
            "itemPath \"\(shown(itemPath))\" names no file; send <artifact name>/<path of the file>"
        case .artifactName(let invalid): invalid.description
        case .tooLong(let byteCount):
            "the file's path is \(byteCount) bytes long; shorten it to at most \(ArtifactLimits.pathBytesMax)"
        case .forbidden(let scalar, let itemPath):
            "file path \"\(shown(itemPath))\" contains \(shown(scalar)); "
                + #"rename the file without " : < > | * ? and control characters"#
        case .segment(let segment, let itemPath):
            "file path \"\(shown(itemPath))\" has the segment \"\(segment)\"; "
                + "send a relative path without empty, \".\" and \"..\" segments"
        case .segmentTooLong(let byteCount, let itemPath):
            "file path \"\(shown(itemPath))\" has a name of \(byteCount) bytes; "
                + "shorten it to at most \(ArtifactLimits.pathSegmentBytesMax)"
        }
    }
}
