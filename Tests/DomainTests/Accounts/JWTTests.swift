import FoundationEssentials
import Testing

@testable import Domain

@Suite("JSON Web Tokens")
struct JWTTests {
    struct Claims: Codable {
        let sub: String
        let iat: Int
    }
    static func token() throws -> String {
        try JWT.make(JWT.Header(alg: "HS256", kid: "k/1"), claims: Claims(sub: "a/b", iat: 7)) { Array($0.reversed()) }
    }

    @Test("have three parts of base64url, and are taken apart again")
    func parts() throws {
        let text = try Self.token()
        #expect(text.utf8.allSatisfy { !"+/=".utf8.contains($0) })
        let parts = try #require(JWT.parts(text))
        #expect(parts.header == JWT.Header(alg: "HS256", kid: "k/1"))
        #expect(parts.header.typ == "JWT")
        #expect(String(decoding: parts.claims, as: UTF8.self) == #"{"iat":7,"sub":"a/b"}"#)
        #expect(parts.signature == parts.signedText.reversed())
        #expect(text.hasPrefix(String(decoding: parts.signedText, as: UTF8.self) + "."))
    }

    @Test(
        "what is none",
        arguments: [
            "", ".", "..", "a.b", "a.b.c.d", "!.e30.", "e30.e30.e30", "bm8.e30.e30", "eyJhbGciOiJ4In0=.e30.e30",
            String(repeating: "a", count: JWT.bytesMax + 1),
        ])
    func none(text: String) { #expect(JWT.parts(text) == nil) }

    @Test(
        "base64url of any length, and no other alphabet",
        arguments: [([], ""), ([0xFB, 0xFF], "-_8"), ([1], "AQ"), ([1, 2], "AQI"), ([1, 2, 3], "AQID")]
            as [([UInt8], String)])
    func base64(bytes: [UInt8], text: String) {
        #expect(JWT.base64URL(Data(bytes)) == text)
        #expect(JWT.bytes(Substring(text)) == bytes)
        #expect(JWT.bytes("+/8=") == nil)
        #expect(JWT.bytes("A") == nil)
    }
}
