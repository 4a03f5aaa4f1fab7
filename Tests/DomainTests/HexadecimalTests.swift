import Domain
import Testing

@Suite("Hexadecimal digits")
struct HexadecimalTests {
    @Test(
        "of bytes, two each, lower-case",
        arguments: [([], ""), ([0], "00"), ([0x0F, 0xF0, 0xAB], "0ff0ab"), ([255], "ff")] as [([UInt8], String)])
    func written(bytes: [UInt8], text: String) { #expect(hex(bytes) == text) }

    @Test("of every byte, read back digit by digit in either case")
    func both() {
        for byte in UInt8.min...UInt8.max {
            for text in [hex([byte]), hex([byte]).uppercased()] {
                let digits = text.utf8.compactMap(hexValue)
                #expect(digits.count == 2 && digits[0] << 4 | digits[1] == byte)
            }
        }
        #expect((UInt8.min...UInt8.max).filter { hexValue($0) != nil }.count == 22)
    }

    @Test("of sixteen bytes as a UUID")
    func uuid() {
        #expect(uuidText(UInt8(0)...15) == "00010203-0405-0607-0809-0a0b0c0d0e0f")
    }
}
