import Domain
import Foundation
import Synchronization
import Testing

@testable import Client
@testable import Server
@testable import Web

@Suite("A signed address")
struct SignedURLsTests {
    static let now = Instant(microseconds: 1_700_000_000_999_999)

    static func key(_ id: Int64, isKnownEverywhere: Bool = true) -> SignedURLs.Key {
        SignedURLs.Key(id: id, secret: Array(repeating: UInt8(id), count: 32), isKnownEverywhere: isKnownEverywhere)
    }
    static func urls(_ keys: SignedURLs.Key...) -> SignedURLs { SignedURLs { keys } }

    static func signed(_ urls: SignedURLs, _ purpose: SignedPurpose = .upload, id: Int64 = 5) throws -> [String: String]
    {
        let text = try urls.sign(purpose, id: id, seconds: 100, now: now)
        return Request(parameters: ["REQUEST_URI": "/x?" + text], body: []).query
    }

    static func verifies(
        _ urls: SignedURLs, _ query: [String: String], _ purpose: SignedPurpose = .upload, id: Int64 = 5,
        now: Instant = now
    ) -> Bool {
        do {
            try urls.verify(purpose, id: id, query: query, now: now)
            return true
        } catch let failure as Failure {
            #expect(failure.kind == .forbidden)
            #expect(failure.message == "this address is wrong or too old; ask for a new one")
        } catch {
            Issue.record(error)
        }
        return false
    }

    @Test("is made of what no client encodes or drops", arguments: SignedPurpose.allCases)
    func form(purpose: SignedPurpose) throws {
        let text = try Self.urls(Self.key(3)).sign(purpose, id: 5, seconds: 100, now: Self.now)
        #expect(text.wholeMatch(of: /se=1700000100&si=3&sig=[A-Za-z0-9_-]{43}/) != nil, "\(text)")
    }

    @Test("holds until it is over, whatever a client adds to it")
    func holds() throws {
        let urls = Self.urls(Self.key(3))
        var query = try Self.signed(urls)
        query["comp"] = "block"
        query["blockid"] = "AAAA"
        #expect(Self.verifies(urls, query))
        #expect(Self.verifies(urls, query, now: Instant(microseconds: 1_700_000_099_999_999)))
        #expect(!Self.verifies(urls, query, now: Instant(microseconds: 1_700_000_100_000_000)))
        #expect(!Self.verifies(urls, query, now: Instant(microseconds: .max)))
    }

    @Test("is the same on all instances, in all versions of this layout")
    func vector() throws {
        let text = try Self.urls(Self.key(3)).sign(.download, id: 5, seconds: 100, now: Self.now)
        // Computed with Python's hmac: HKDF without salt, then HMAC.
        #expect(text == "se=1700000100&si=3&sig=I6zaHYP0CrdCOQ98ovhadL6xH8Ar02s-jrR_xJlqDX8")
    }

    @Test("is for one purpose and one thing")
    func purpose() throws {
        let urls = Self.urls(Self.key(3))
        for made in SignedPurpose.allCases {
            let query = try Self.signed(urls, made)
            for asked in SignedPurpose.allCases {
                #expect(Self.verifies(urls, query, asked) == (made == asked))
            }
            for id: Int64 in [0, 4, 6, 55, -5, 5 << 8, .max] { #expect(!Self.verifies(urls, query, made, id: id)) }
        }
    }

    @Test("breaks with any bit of its signature")
    func signatureBits() throws {
        let urls = Self.urls(Self.key(3))
        var query = try Self.signed(urls)
        let signature = try #require(query["sig"].flatMap { JWT.bytes($0[...]) })
        #expect(signature.count == 32)
        for bit in 0..<256 {
            var other = signature
            other[bit / 8] ^= 1 << (bit % 8)
            query["sig"] = JWT.base64URL(Data(other))
            #expect(!Self.verifies(urls, query), "bit \(bit)")
        }
    }

    @Test("breaks with any character of its signature, also where the character's last bits are not used")
    func signatureCharacters() throws {
        let urls = Self.urls(Self.key(3))
        var query = try Self.signed(urls)
        let text = Array(try #require(query["sig"]).utf8)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \0".utf8)
        for at in text.indices {
            for letter in letters where letter != text[at] {
                var other = text
                other[at] = letter
                query["sig"] = String(decoding: other, as: UTF8.self)
                #expect(!Self.verifies(urls, query), "\(query["sig"] ?? "")")
            }
        }
        for other in [
            "", "=", String(decoding: text, as: UTF8.self) + "=", String(decoding: text.dropLast(), as: UTF8.self),
        ] {
            query["sig"] = other
            #expect(!Self.verifies(urls, query))
        }
    }

    @Test(
        "has its numbers in one spelling, and all of them",
        arguments: [
            ("se", "1700000101"), ("se", "01700000100"), ("se", "+1700000100"), ("se", "1700000100 "),
            ("se", " 1700000100"),
            ("se", "1700000100.0"), ("se", "17000001000"), ("se", "9223372036854775807"),
            ("se", "9223372036854775808"),
            ("se", ""), ("se", "x"), ("se", nil), ("si", "4"), ("si", "03"), ("si", "+3"), ("si", "3 "),
            ("si", "0"),
            ("si", "-3"), ("si", "٣"), ("si", ""), ("si", nil), ("sig", nil),
        ] as [(String, String?)])
    func numbers(name: String, value: String?) throws {
        let urls = Self.urls(Self.key(3), Self.key(4, isKnownEverywhere: false))
        var query = try Self.signed(urls)
        #expect(Self.verifies(urls, query))
        query[name] = value
        #expect(!Self.verifies(urls, query))
    }

    @Test("of another server's key with the same id")
    func foreign() throws {
        let other = SignedURLs {
            [SignedURLs.Key(id: 3, secret: Array(repeating: 9, count: 32), isKnownEverywhere: true)]
        }
        #expect(!Self.verifies(Self.urls(Self.key(3)), try Self.signed(other)))
    }

    @Test(
        "is signed with the newest key that all instances have, else with the one that they began with",
        arguments: [
            ([key(1)], "1"), ([key(1, isKnownEverywhere: false)], "1"),
            ([key(1), key(2, isKnownEverywhere: false)], "1"), ([key(2), key(1)], "2"),
            ([key(1, isKnownEverywhere: false), key(2, isKnownEverywhere: false)], "1"),
            ([key(1), key(2), key(3, isKnownEverywhere: false)], "2"),
        ])
    func signing(keys: [SignedURLs.Key], id: String) throws {
        let urls = SignedURLs { keys }
        let query = try Self.signed(urls)
        #expect(query["si"] == id)
        #expect(Self.verifies(urls, query))
    }

    @Test("costs no reading of keys, whatever key it names; a reading that fails changes nothing")
    func reading() throws {
        let readings = Mutex(0)
        let stored = Mutex<[SignedURLs.Key]?>([Self.key(1)])
        let urls = SignedURLs {
            readings.withLock { $0 += 1 }
            guard let keys = stored.withLock({ $0 }) else { throw Failure(.busy, "no database") }
            return keys
        }
        let old = try Self.signed(urls)
        for id in 2..<100 {
            var query = old
            query["si"] = "\(id)"
            #expect(!Self.verifies(urls, query))
        }
        #expect(readings.withLock { $0 } == 1)
        // Rotated: both verify, the new one signs.
        stored.withLock { $0 = [Self.key(1), Self.key(2)] }
        try urls.reread()
        let new = try Self.signed(urls)
        #expect(new["si"] == "2")
        #expect(Self.verifies(urls, old) && Self.verifies(urls, new))
        stored.withLock { $0 = nil }
        #expect(throws: Failure.self) { try urls.reread() }
        #expect(Self.verifies(urls, old) && Self.verifies(urls, new))
        // Retired.
        stored.withLock { $0 = [Self.key(2)] }
        try urls.reread()
        #expect(!Self.verifies(urls, old) && Self.verifies(urls, new))
        #expect(readings.withLock { $0 } == 4)
    }

    @Test("has limits that fit each other")
    func limits() {
        #expect(SignedURLLimits.keySettlesSeconds >= 2 * SignedURLLimits.rereadSeconds)
        #expect(ArtifactLimits.urlSeconds <= ArtifactLimits.uploadURLSeconds)
        #expect(SignedURLLimits.keyLastsSeconds > SignedURLLimits.keySettlesSeconds + ArtifactLimits.uploadURLSeconds)
    }
}
