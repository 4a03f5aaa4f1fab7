import Testing

@testable import Domain

@Suite("Values of secrets and variables")
struct SecretLimitsTests {
    @Test("a secret is taken as it is, up to its bytes")
    func secret() throws {
        #expect(try checkedSecret("a\r\nb ") == "a\r\nb ")
        let most = String(repeating: "é", count: SecretLimits.secretBytesMax / 2)
        #expect(try checkedSecret(most) == most)
        #expect(throws: ValueFault.tooLong) { try checkedSecret(most + "x") }
        #expect(throws: ValueFault.empty) { try checkedSecret("") }
        #expect(throws: ValueFault.hasNUL) { try checkedSecret("a\0b") }
    }

    @Test(
        "a variable has plain line ends",
        arguments: [
            ("a", "a"), ("a\r\nb", "a\nb"), ("\r\n\r\n", "\n\n"), ("\r\r\n", "\r\n"), ("a\rb", "a\rb"),
            ("\n\r", "\n\r"),
            ("é\r\n", "é\n"),
        ])
    func lineEnds(sent: String, kept: String) throws {
        #expect(try Array(checkedVariable(sent).utf8) == Array(kept.utf8))
    }

    @Test("a variable is counted by code points, after its line ends were changed")
    func variable() throws {
        let most = String(repeating: "é", count: SecretLimits.variableScalarsMax)
        #expect(try checkedVariable(most) == most)
        #expect(throws: ValueFault.tooLong) { try checkedVariable(most + "x") }
        let lines = String(repeating: "\r\n", count: SecretLimits.variableScalarsMax)
        #expect(try checkedVariable(lines).utf8.count == SecretLimits.variableScalarsMax)
        #expect(throws: ValueFault.tooLong) { try checkedVariable(String(repeating: "\u{10FFFF}", count: 200_000)) }
        #expect(throws: ValueFault.empty) { try checkedVariable("") }
        #expect(throws: ValueFault.hasNUL) { try checkedVariable("\0") }
    }

    @Test("a description is cut; an absent one is empty")
    func description() throws {
        #expect(try checkedDescription(nil) == "")
        #expect(try checkedDescription("what for") == "what for")
        #expect(try checkedDescription(String(repeating: "é", count: 5000)) == String(repeating: "é", count: 4096))
        #expect(throws: ValueFault.hasNUL) { try checkedDescription("\0") }
    }

    @Test("every fault says what it is", arguments: [ValueFault.empty, .tooLong, .hasNUL])
    func words(fault: ValueFault) { #expect(!fault.words.isEmpty) }
}
