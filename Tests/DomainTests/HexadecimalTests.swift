import Testing

@testable import Domain

@Suite("Hexadecimal digits")
struct HexadecimalTests {
    @Test("two a byte, lower-case")
    func digits() {
        #expect(hex([UInt8]()) == "")
        #expect(hex([0, 1, 0x7F, 0xAB, 0xFF]) == "00017fabff")
    }

    @Test("of a UUID stand in its five groups")
    func uuid() {
        #expect(uuidText((0..<16).map { UInt8($0 * 17) }) == "00112233-4455-6677-8899-aabbccddeeff")
    }

    @Test("are read in either case, and nothing else is")
    func values() {
        for byte in UInt8.min ... .max {
            let character = Character(UnicodeScalar(byte))
            let expected = byte < 128 && character.isHexDigit ? character.hexDigitValue.map(UInt8.init) : nil
            #expect(hexValue(byte) == expected)
        }
    }
}
