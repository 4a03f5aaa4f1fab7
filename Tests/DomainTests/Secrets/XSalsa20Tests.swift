import Domain
import Testing

@Suite("XSalsa20")
struct XSalsa20Tests {
    @Test("Hello world!, as in the tests of Go's golang.org/x/crypto/salsa20")
    func hello() {
        let stream = XSalsa20.stream(
            12, key: Array("this is 32-byte key for xsalsa20".utf8), nonce: Array("24-byte nonce for xsalsa".utf8))
        #expect(hex(zip(Array("Hello world!".utf8), stream).map { $0 ^ $1 }) == "002d4513843fc240c401e541")
    }

    @Test("the key of a shared secret, as in \"Cryptography in NaCl\", section 8")
    func firstKey() throws {
        let shared = try #require(bytes(hex: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
        let key = XSalsa20.hsalsa20(key: shared, input: [UInt8](repeating: 0, count: 16))
        #expect(hex(key) == "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389")
    }

    @Test("a longer stream begins with the shorter one, over the edges of blocks")
    func prefixes() {
        let key = [UInt8](repeating: 7, count: 32)
        let nonce = [UInt8](repeating: 9, count: 24)
        let long = XSalsa20.stream(300, key: key, nonce: nonce)
        for count in [0, 1, 63, 64, 65, 128, 299] {
            #expect(XSalsa20.stream(count, key: key, nonce: nonce) == Array(long[..<count]))
        }
    }
}
