import Domain
import Testing

@Suite("What an artifact's bytes are handed out as")
struct ArtifactContentTests {
    @Test(
        "a zip unless a client that can say so says otherwise",
        arguments: [
            ("art", 4, nil, "art.zip", "application/zip"), ("art", 7, nil, "art.zip", "application/zip"),
            ("art", 4, "text/plain", "art.zip", "application/zip"), ("art", 4, "?", "art.zip", "application/zip"),
            ("art", 0, nil, "art.zip", "application/zip"), ("art", 7, "application/zip", "art.zip", "application/zip"),
            ("art", 8, "Application/ZIP; x=y", "art.zip", "application/zip"),
            ("art", 7, "application/x-zip-compressed", "art.zip", "application/zip"),
            ("art", 7, "application/zip-compressed", "art.zip", "application/zip"),
            ("art", 7, "zip", "art.zip", "application/zip"), ("art", 7, "", "art.zip", "application/zip"),
            ("art.zip", 4, nil, "art.zip.zip", "application/zip"),
            ("art.zip", 7, "application/zip", "art.zip", "application/zip"),
            ("ART.ZIP", 7, "application/x-zip-compressed", "ART.ZIP", "application/x-zip-compressed"),
            ("page é 100%.html", 7, "text/html", "page é 100%.html", "text/html"),
            ("a.txt", 7, "Text/Plain; charset=UTF-8", "a.txt", "text/plain"),
            ("a.txt", 7, " text/plain\t;", "a.txt", "text/plain"),
            ("x", 7, "application/octet-stream", "x", "application/octet-stream"),
            ("x", 7, "image/svg+xml", "x", "image/svg+xml"), ("x.zip", 7, "text/plain", "x.zip", "text/plain"),
        ] as [(String, Int64, String?, String, String)])
    func content(name: String, version: Int64, sent: String?, fileName: String, mimeType: String) throws {
        let content = try ArtifactContent(name: try ArtifactName(name), version: version, mimeType: sent)
        #expect(content.fileName == fileName)
        #expect(content.mimeType == mimeType)
    }

    @Test(
        "not what would break a header",
        arguments: [
            "/", "text/", "/plain", "text/plain/x", "text/pl ain", "te xt/plain", "text/plain\r\nX: y", "text/\0",
            "téxt/plain",
            "text/plain,text/html", "text/\"x\"", String(repeating: "a", count: 250) + "/plain",
        ] as [String])
    func refused(mimeType: String) throws {
        let name = try ArtifactName("x")
        #expect(throws: MimeProblem(text: mimeType)) { try ArtifactContent(name: name, version: 7, mimeType: mimeType) }
    }

    @Test("refused with words that help")
    func words() {
        #expect(
            MimeProblem(text: "text/").description
                == #"mime_type "text/" is not a media type; send one such as "application/zip" or "text/plain""#)
    }
}
