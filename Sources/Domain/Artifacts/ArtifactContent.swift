/// As what an artifact's bytes are handed out (artifacts.md 3.2 and 3.6).
public struct ArtifactContent: Equatable, Sendable {
    /// What a download is called.
    public let fileName: String
    public let mimeType: String

    /// From this on clients say what they upload; those before always upload a zip.
    public static let mimeTypeVersionMin: Int64 = 7
    private static let zip = "application/zip"

    /// - Parameter mimeType: as the client sent it; kept in lower case and without parameters.
    public init(name: ArtifactName, version: Int64, mimeType: String?) throws(MimeProblem) {
        let archive = (fileName: name.text + ".zip", mimeType: Self.zip)
        guard version >= Self.mimeTypeVersionMin, let mimeType else {
            (fileName, self.mimeType) = archive
            return
        }
        let type = try Self.essence(of: mimeType)
        let isNamedZip = name.text.lowercased().hasSuffix(".zip")
        // A name that does not end so, with the type of a zip, is the name of an archive and not of a file.
        (fileName, self.mimeType) =
            !type.contains("/") || Self.zipTypes.contains(type) && !isNamedZip ? archive : (name.text, type)
    }

    /// What version 8 of download-artifact unpacks.
    private static let zipTypes = [zip, "application/x-zip-compressed", "application/zip-compressed"]

    private static func essence(of text: String) throws(MimeProblem) -> String {
        guard text.utf8.count <= ArtifactLimits.mimeTypeBytesMax else { throw MimeProblem(text: text) }
        let padded = Array(text.utf8.prefix { $0 != UInt8(ascii: ";") }.drop(while: isBlank))
        let type = padded.prefix { !isBlank($0) }
        guard padded.dropFirst(type.count).allSatisfy(isBlank) else { throw MimeProblem(text: text) }
        let sides = type.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard sides.count == 1 || sides.count == 2 && sides.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isTokenByte) })
        else { throw MimeProblem(text: text) }
        return String(decoding: type, as: UTF8.self).lowercased()
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// - Source: RFC 9110 5.6.2.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

public struct MimeProblem: Error, Equatable, Sendable, CustomStringConvertible {
    public let text: String

    public init(text: String) { self.text = text }

    public var description: String {
        "mime_type \"\(shown(text))\" is not a media type; send one such as \"application/zip\" or \"text/plain\""
    }
}
