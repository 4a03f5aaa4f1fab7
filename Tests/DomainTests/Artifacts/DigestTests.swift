import Domain
import Testing

@Suite("A SHA-256")
struct DigestTests {
    static let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test("is read with its label, in either case, and written in lower case")
    func read() {
        for text in ["sha256:" + Self.hex, "sha256:" + Self.hex.uppercased()] {
            let digest = Digest(labelled: text)
            #expect(digest?.labelled == "sha256:" + Self.hex)
            #expect(digest?.hex == Self.hex)
            #expect(digest?.bytes.first == 0xE3)
            #expect(digest.flatMap { Digest(bytes: $0.bytes) } == digest)
        }
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "sha256:", hex, "md5:\(hex)", "SHA256:\(hex)", "sha256:\(hex.dropLast())", "sha256:\(hex)0",
            "sha256:\(hex.dropLast())g", "sha256: \(hex.dropLast())", "sha256:+3\(hex.dropFirst(2))",
        ] as [String])
    func refused(text: String) { #expect(Digest(labelled: text) == nil) }

    @Test("has 32 bytes", arguments: [0, 31, 33])
    func length(count: Int) { #expect(Digest(bytes: Array(repeating: 0, count: count)) == nil) }
}
