import Testing

@testable import Domain

@Suite("Where requests may be sent to")
struct AllowedHostsTests {
    private static func allows(_ list: String, _ address: String, host: String = "h.example.org") throws -> Bool {
        let bytes = try #require(AllowedHosts.addressBytes(address))
        return try AllowedHosts(list).allows(host: host, #require(NetworkAddress(bytes)))
    }

    @Test(
        "external is what is public alone",
        arguments: [
            ("93.184.216.34", true), ("2606:2800:220:1::1", true), ("127.0.0.1", false), ("127.255.255.255", false),
            ("10.1.2.3", false), ("172.16.0.1", false), ("172.32.0.1", true), ("192.168.1.1", false),
            ("169.254.169.254", false), ("0.0.0.0", false), ("100.64.0.1", false), ("224.0.0.1", false),
            ("255.255.255.255", false), ("::1", false), ("::", false), ("fe80::1", false), ("fd00::1", false),
            ("ff02::1", false), ("::ffff:7f00:1", false), ("::ffff:a00:1", false), ("64:ff9b::7f00:1", false),
            ("::ffff:5db8:d822", true),
        ])
    func external(address: String, isAllowed: Bool) throws {
        #expect(try Self.allows("external", address) == isAllowed)
    }

    @Test("words, names and networks are added up")
    func rules() throws {
        #expect(try Self.allows("loopback", "127.0.0.1") && Self.allows("loopback", "::1"))
        #expect(try !Self.allows("loopback", "10.0.0.1") && Self.allows("external, private", "10.0.0.1"))
        #expect(try !Self.allows("private", "169.254.169.254") && Self.allows("private", "fd00::1"))
        #expect(try Self.allows("*", "127.0.0.1") && !Self.allows("", "93.184.216.34"))
        #expect(try Self.allows("10.20.0.0/16", "10.20.255.1") && !Self.allows("10.20.0.0/16", "10.21.0.1"))
        #expect(try Self.allows("fd00::/8", "fd12::1") && Self.allows("10.0.0.1", "10.0.0.1"))
        #expect(try !Self.allows("10.0.0.1", "10.0.0.2") && Self.allows("0.0.0.0/0", "10.0.0.2"))
        #expect(try Self.allows("*.example.org", "10.0.0.1") && Self.allows("H.example.ORG", "10.0.0.1"))
        #expect(try !Self.allows("*.example.org", "10.0.0.1", host: "example.org.evil"))
        #expect(try !Self.allows("*.example.org", "10.0.0.1", host: "example.org"))
        #expect(try Self.allows("a*b*c", "10.0.0.1", host: "aXbYc") && !Self.allows("a*b*c", "10.0.0.1", host: "acb"))
    }

    @Test(
        "what is none is refused",
        arguments: ["10.0.0.0/33", "10.0.0.0/x", "fd00::/129", "a b/c", "ü", "a:b:c", "1::2::3"])
    func invalid(text: String) { #expect(throws: AllowedHosts.Invalid.self) { try AllowedHosts(text) } }

    @Test(
        "addresses are read, and nothing else",
        arguments: [
            ("1.2.3.4", [1, 2, 3, 4]), ("1.2.3", nil), ("1.2.3.256", nil), ("1.2.3.4.5", nil), ("a.b.c.d", nil),
            ("::", Array(repeating: 0, count: 16)),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("1:2", nil), (":", nil), ("12345::", nil),
        ] as [(String, [UInt8]?)])
    func bytes(text: String, expected: [UInt8]?) { #expect(AllowedHosts.addressBytes(text) == expected) }
}
