import Crypto
import Domain
import Foundation
import Testing

@testable import Server
@testable import Web

@Suite("A runtime token")
struct RuntimeTokenTests {
    static let key = SymmetricKey(data: Array(repeating: UInt8(7), count: 32))
    static let now = Instant(microseconds: 1_700_000_000_000_000)
    static let token = RuntimeToken(
        task: TaskID(1), run: RunID(2), job: JobID(3), notBefore: 1_700_000_000, expires: 1_700_000_100)

    static func part(_ json: String) -> String { JWT.base64URL(Data(json.utf8)) }

    /// Signed as ours are, whatever header and claims say.
    static func signed(_ header: String, _ claims: String) -> String {
        let text = part(header) + "." + part(claims)
        let mark = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
        return text + "." + JWT.base64URL(Data(mark))
    }
    static let header = #"{"alg":"HS256","typ":"JWT"}"#
    static let claims =
        #"{"scp":"Actions.Results:2:3","TaskID":1,"RunID":2,"JobID":3,"ac":"[]","nbf":1700000000,"exp":1700000100}"#

    @Test("is read again as it was made")
    func roundTrip() throws {
        let text = try Self.token.text(signedWith: Self.key)
        #expect(RuntimeToken(verifying: text, key: Self.key, now: Self.now) == Self.token)
        #expect(RuntimeToken(verifying: text, key: SymmetricKey(size: .bits256), now: Self.now) == nil)
        #expect(
            RuntimeToken(verifying: Self.signed(Self.header, Self.claims), key: Self.key, now: Self.now) == Self.token)
    }

    @Test(
        "is refused with another header, though the signature fits",
        arguments: [
            #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"RS256","typ":"JWT"}"#, #"{"alg":"HS512"}"#, #"{"alg":"hs256"}"#,
            #"{"alg":"HS256","typ":"at+jwt"}"#, #"{"alg":"HS256","crit":["b64"],"b64":false}"#, #"{"typ":"JWT"}"#, "[]",
            "",
        ])
    func header(header: String) {
        #expect(RuntimeToken(verifying: Self.signed(header, Self.claims), key: Self.key, now: Self.now) == nil)
    }

    @Test("is refused when its form is another")
    func form() throws {
        let good = Self.signed(Self.header, Self.claims)
        let parts = good.split(separator: ".").map(String.init)
        let forged = Self.part(Self.claims.replacing("\"RunID\":2", with: "\"RunID\":4"))
        let none = Self.part(#"{"alg":"none","typ":"JWT"}"#) + "." + parts[1]
        let texts = [
            "", ".", "..", "a.b.c", parts[0] + "." + parts[1], good + ".x", good + "=", good.dropLast(4) + "AAAA",
            none + ".", none, "\(parts[0]).\(forged).\(parts[2])", Self.signed(Self.header, "{}"),
            String(repeating: "a", count: JWT.bytesMax + 1),
        ]
        for text in texts { #expect(RuntimeToken(verifying: text, key: Self.key, now: Self.now) == nil, "\(text)") }
    }

    @Test(
        "is good in its time, give or take a minute",
        arguments: [(-61, false), (-60, true), (0, true), (99, true), (159, true), (160, false)])
    func time(offset: Int64, isGood: Bool) throws {
        let text = try Self.token.text(signedWith: Self.key)
        let now = Self.now.adding(seconds: offset)
        #expect((RuntimeToken(verifying: text, key: Self.key, now: now) != nil) == isGood)
    }
}
