import Domain
import Testing

@Suite("The id of a block")
struct BlockIDTests {
    static let longest = String(repeating: "AAAA", count: 21) + "AA=="

    @Test(
        "is base64 of 1 to 64 bytes",
        arguments: [
            ("AA==", [0]), ("/w==", [255]), ("AAE=", [0, 1]), ("AAEC", [0, 1, 2]), ("+/+/", [0xFB, 0xFF, 0xBF]),
            ("Li4vLi4veA==", Array("../../x".utf8)),
            (longest, Array(repeating: 0, count: 64)),
        ] as [(String, [UInt8])])
    func read(text: String, bytes: [UInt8]) throws { #expect(try BlockID(base64: text).bytes == bytes) }

    @Test(
        "is nothing else",
        arguments: [
            "", "A", "AA", "AAA", "AA=", "====", "A===", "AAAA====", "AAAAA===", "=AAA", "AA=A", "-_-_", "AA ==",
            " AAAA", "AAAA\n",
            "../x", "äää", "AAA\0",
            "AB==", "AAF=",  // the same bytes as "AA==" and "AAE=", spelt otherwise
            String(repeating: "AAAA", count: 21) + "AAA=", String(repeating: "AAAA", count: 22),
        ] as [String])
    func refused(text: String) { #expect(throws: BlockProblem.id(text)) { try BlockID(base64: text) } }

    @Test("is refused with Azure's code and words that help, and not at full length")
    func words() {
        let problem = #expect(throws: BlockProblem.self) { try BlockID(base64: String(repeating: "A", count: 100_000)) }
        #expect(problem == .id(String(repeating: "A", count: 89)))
        #expect(problem?.azureCode == "InvalidBlockId")
        #expect(
            BlockProblem.id("x").description
                == "block id \"x\" is not base64 of 1 to 64 bytes; send standard base64 with its padding")
    }
}
