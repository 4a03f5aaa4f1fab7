import Domain
import Testing

@Suite("Poly1305")
struct Poly1305Tests {
    @Test(
        "RFC 8439, 2.5.2 and A.3",
        arguments: [
            (
                "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
                hex(Array("Cryptographic Forum Research Group".utf8)), "a8061dc1305136c6c22b8baf0c0127a9"
            ),
            (String(repeating: "0", count: 64), String(repeating: "0", count: 128), String(repeating: "0", count: 32)),
            // Numbers at and beyond 2^130 - 5.
            (
                "02" + String(repeating: "0", count: 62), String(repeating: "f", count: 32),
                "03" + String(repeating: "0", count: 30)
            ),
            (
                "02" + String(repeating: "0", count: 30) + String(repeating: "f", count: 32),
                "02" + String(repeating: "0", count: 30), "03" + String(repeating: "0", count: 30)
            ),
            (
                "01" + String(repeating: "0", count: 62),
                String(repeating: "f", count: 32) + "f0" + String(repeating: "f", count: 30) + "11"
                    + String(repeating: "0", count: 30), "05" + String(repeating: "0", count: 30)
            ),
            (
                "02" + String(repeating: "0", count: 62), "fd" + String(repeating: "f", count: 30),
                "fa" + String(repeating: "f", count: 30)
            ),
        ])
    func vectors(key: String, message: String, tag: String) throws {
        let message = try #require(bytes(hex: message))
        #expect(hex(Poly1305.tag(of: message[...], key: try #require(bytes(hex: key)))) == tag)
    }
}
