import Domain
import Testing

@testable import Server
@testable import Web

@Suite("Tokens and passwords")
struct TokenTests {
    @Test("a token is 40 hex characters and never the same")
    func make() {
        let tokens = (0..<100).map { _ in Token.make() }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.utf8.count == 40 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
    }

    @Test("its hash is SHA-256")
    func hash() {
        #expect(hex(Token.hash("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex([]) == "")
        #expect(hex([0, 15, 16, 255]) == "000f10ff")
    }

    @Test("equal means every byte and the length")
    func equal() {
        #expect(Token.equal([], []))
        #expect(Token.equal([1, 2, 3], [1, 2, 3]))
        #expect(!Token.equal([1, 2, 3], [1, 2, 4]))
        #expect(!Token.equal([1, 2, 3], [0, 2, 3]))
        #expect(!Token.equal([1, 2, 3], [1, 2]))
        #expect(!Token.equal([], [0]))
    }

    /// RFC 7914 section 12 has this vector for N = 16384, r = 8, p = 1, of 64 bytes; ours are the first 32.
    @Test("scrypt as RFC 7914 defines it")
    func scrypt() throws {
        let key = try Password.hash("pleaseletmein", salt: Array("SodiumChloride".utf8))
        #expect(hex(key) == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    }
}
