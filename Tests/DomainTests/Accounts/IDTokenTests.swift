import Domain
import Foundation
import Testing

@Suite("ID tokens")
struct IDTokenTests {
    private static let now = Instant(microseconds: 1_800_000_000_000_000)
    private static func good() -> [String: Any] {
        [
            "iss": "https://id.example", "sub": "7", "aud": "millrace", "exp": 1_800_000_300, "iat": 1_800_000_000,
            "nonce": "n",
        ]
    }

    private static func refusal(_ changes: [String: Any?]) throws -> IDTokenRefusal? {
        var members = good()
        for (name, value) in changes { members[name] = value }
        let claims = try JSONDecoder().decode(IDTokenClaims.self, from: JSONSerialization.data(withJSONObject: members))
        do {
            try checkIDToken(claims, issuer: "https://id.example", client: "millrace", nonce: "n", now: now)
            return nil
        } catch { return error }
    }

    @Test("are believed when they are of the issuer, for this client and this log-in, now")
    func believed() throws {
        for changes in [
            [:], ["aud": ["millrace"]], ["aud": ["millrace", "other"], "azp": "millrace"], ["exp": 1_799_999_950],
            ["iat": 1_800_000_050], ["azp": "millrace"], ["iat": nil], ["nbf": 1_800_000_000.5],
        ] as [[String: Any?]] { #expect(try Self.refusal(changes) == nil, "\(changes)") }
    }

    @Test("are refused otherwise")
    func refused() throws {
        for (changes, expected) in [
            (["iss": "https://id.example/"], .issuer("https://id.example/")), (["aud": "other"], .audience),
            (["aud": ["other", "millrace"]], .audience), (["aud": [String]()], .audience),
            (["azp": "other"], .audience),
            (["aud": ["millrace", "other"], "azp": "other"], .audience), (["exp": 1_799_999_940], .expired),
            (["iat": 1_800_000_100], .notYet), (["nbf": 1_800_000_100], .notYet), (["nonce": "m"], .nonce),
            (["nonce": nil], .nonce), (["sub": ""], .subject), (["sub": "a\u{0}b"], .subject),
            (["sub": String(repeating: "a", count: 256)], .subject),
        ] as [([String: Any?], IDTokenRefusal)] { #expect(try Self.refusal(changes) == expected, "\(changes)") }
    }

    @Test("say a mail address is theirs by true alone")
    func verified() throws {
        for (value, isVerified) in [(true, true), ("true", true), (false, false), ("yes", false), (1, false)]
            as [(Any, Bool)]
        {
            let members = Self.good().merging(["email": "a@b.example", "email_verified": value]) { $1 }
            let claims = try JSONDecoder().decode(
                IDTokenClaims.self, from: JSONSerialization.data(withJSONObject: members))
            #expect((claims.verifiedEmail != nil) == isVerified, "\(value)")
        }
    }

    @Test("give an account the name that the person has there, or one like it")
    func names() {
        #expect(accountNames(for: "ann", email: nil).prefix(2) == ["ann", "ann-2"])
        #expect(accountNames(for: "Ann Other <x>", email: nil).first == "Ann-Other--x")
        #expect(accountNames(for: nil, email: "bob@example.com").first == "bob")
        #expect(accountNames(for: "admin.git", email: "carl@x.example").contains("carl"))
        #expect(!accountNames(for: "api", email: nil).contains("api"))
        #expect(accountNames(for: "", email: "@") == [] && accountNames(for: nil, email: nil) == [])
        #expect(accountNames(for: String(repeating: "a", count: 90), email: nil).allSatisfy { $0.utf8.count <= 40 })
    }
}
