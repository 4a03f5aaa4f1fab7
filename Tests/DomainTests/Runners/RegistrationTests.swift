import Testing

@testable import Domain

@Suite("A runner's UUID")
struct RegistrationTests {
    @Test(
        "is 8-4-4-4-12 hexadecimal digits in either case",
        arguments: [
            ("01234567-89ab-cdef-0123-456789abcdef", true), ("01234567-89AB-CDEF-0123-456789ABCDEF", true),
            ("0123456789abcdef0123456789abcdef", false), ("01234567-89ab-cdef-0123-456789abcde", false),
            ("01234567-89ab-cdef-0123-456789abcdeff", false), ("0123456-789ab-cdef-0123-456789abcdef", false),
            ("01234567-89ab-cdef-0123-456789abcdeg", false), ("01234567_89ab_cdef_0123_456789abcdef", false),
            // 36 characters of more bytes, and 36 bytes of fewer characters.
            ("01234567-89ab-cdef-0123-456789abcdé", false), ("01234567-89ab-cdef-0123-456789abcdeé", false),
            ("", false), ("------------------------------------", false),
            ("01234567-89ab-cdef-0123-456789abcd/:", false), ("01234567-89ab-cdef-0123-456789abcd@G", false),
        ])
    func shape(text: String, isOne: Bool) { #expect(isUUID(text) == isOne) }

    @Test("is written from sixteen bytes in lower case, and what is written is one")
    func written() {
        let text = uuidText([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0, 1, 2, 3, 0xFC, 0xFD, 0xFE, 0xFF])
        #expect(text == "01234567-89ab-cdef-0001-0203fcfdfeff")
        #expect(isUUID(text))
    }
}
