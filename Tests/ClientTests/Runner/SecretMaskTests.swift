import Testing

@testable import Client

@Suite("Secrets in log rows")
struct SecretMaskTests {
    @Test(
        "are replaced by three stars",
        arguments: [
            (["abc"], "xabcabcx", "x******x"),
            (["abc", "abcdef"], "abcdef", "***"),
            (["one\ntwo\r\n\n"], "one, two", "***, ***"),
            ([""], "text", "text"),
            (["é"], "été", "***t***"),
        ])
    func masked(secrets: [String], text: String, expected: String) {
        #expect(SecretMask(secrets).masked(text) == expected)
    }
}
