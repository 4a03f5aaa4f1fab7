import Domain
import Testing

@Suite("Tokens of forms")
struct MaskedTokenTests {
    private let token = (0..<32).map { UInt8($0 * 7) }

    @Test("are read whatever their mask is, and look different with each")
    func masked() {
        let texts = [UInt8(0), 1, 255].map { MaskedToken.text(token, mask: Array(repeating: $0, count: 32)) }
        #expect(Set(texts).count == 3)
        for text in texts { #expect(MaskedToken.token(text) == token) }
    }

    @Test(
        "are no other text",
        arguments: ["", "ab", String(repeating: "g", count: 128), String(repeating: "a", count: 127), "é"])
    func none(text: String) {
        #expect(MaskedToken.token(text) == nil)
    }
}
