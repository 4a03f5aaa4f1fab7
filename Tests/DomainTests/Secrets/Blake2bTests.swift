import Domain
import Testing

@Suite("BLAKE2b")
struct Blake2bTests {
    @Test("RFC 7693, appendix A")
    func abc() {
        #expect(
            hex(Blake2b.hash(Array("abc".utf8), bytes: 64))
                == "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
        )
    }

    @Test(
        "Python's hashlib, 24 bytes: nothing, a whole block, and a byte more",
        arguments: [
            (0, "ab3b5331a7135ed50d0f182d026e60abdb3646fd51bcf8a3"),
            (128, "2f5f6c3d92c87ec6916cd0034fea92dfd83b28dc91485d41"),
            (129, "921c466b582e135fab21c8e052fe3715d9113bcd864276ba"),
        ])
    func blocks(count: UInt8, expected: String) {
        #expect(hex(Blake2b.hash((0..<count).map { $0 }, bytes: 24)) == expected)
    }
}
