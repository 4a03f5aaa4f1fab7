import Domain
import Testing

@Suite("Where an address leads")
struct NetworkAddressTests {
    private static func v6(_ groups: UInt16...) -> [UInt8] { groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }

    @Test(
        "by its bytes",
        arguments: [
            ([127, 0, 0, 1], .loopback), ([127, 255, 1, 9], .loopback), ([0, 0, 0, 0], .loopback),
            ([10, 1, 2, 3], .private), ([172, 16, 0, 1], .private), ([172, 31, 255, 255], .private),
            ([172, 32, 0, 1], .external), ([172, 15, 0, 1], .external), ([192, 168, 1, 1], .private),
            ([192, 169, 1, 1], .external), ([169, 254, 169, 254], .private), ([100, 64, 0, 1], .private),
            ([100, 128, 0, 1], .external), ([224, 0, 0, 1], .private), ([255, 255, 255, 255], .private),
            ([198, 19, 0, 1], .private), ([93, 184, 216, 34], .external),
            (v6(0, 0, 0, 0, 0, 0, 0, 1), .loopback), (v6(0, 0, 0, 0, 0, 0, 0, 0), .loopback),
            (v6(0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1), .loopback), (v6(0, 0, 0, 0, 0, 0xFFFF, 0x0A00, 1), .private),
            (v6(0x64, 0xFF9B, 0, 0, 0, 0, 0x7F00, 1), .loopback), (v6(0x2002, 0x7F00, 1, 0, 0, 0, 0, 0), .loopback),
            (v6(0xFC00, 0, 0, 0, 0, 0, 0, 1), .private), (v6(0xFD12, 0, 0, 0, 0, 0, 0, 1), .private),
            (v6(0xFE80, 0, 0, 0, 0, 0, 0, 1), .private), (v6(0xFF02, 0, 0, 0, 0, 0, 0, 1), .private),
            (v6(0x2606, 0x2800, 0x220, 1, 0x248, 0x1893, 0x25C8, 0x1946), .external),
        ] as [([UInt8], NetworkAddress.Reach)])
    func reach(bytes: [UInt8], expected: NetworkAddress.Reach) {
        #expect(NetworkAddress(bytes)?.reach == expected)
    }

    @Test("is written as people write it, and is of 4 or 16 bytes")
    func text() {
        #expect(NetworkAddress([127, 0, 0, 1])?.text == "127.0.0.1")
        #expect(NetworkAddress(Self.v6(0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1))?.text == "127.0.0.1")
        #expect(NetworkAddress(Self.v6(0xFE80, 0, 0, 0, 0, 0, 0, 0xA))?.text == "fe80:0:0:0:0:0:0:a")
        #expect(NetworkAddress([1, 2, 3]) == nil)
    }
}
