import Testing

@testable import Domain

@Suite("Numbers as text")
struct NumberTextTests {
    @Test(
        "with a prefix",
        arguments: [
            ("0x1f", 31), ("0xFF", 255), ("0o17", 15), ("0x", nil), ("0o", nil), ("0o8", nil), ("0xg", nil),
            ("0X1", nil), ("-0x1", nil), ("0x1 ", nil), ("1f", nil), ("0x1.5", nil),
        ] as [(String, Double?)])
    func prefixed(text: String, number: Double?) { #expect(prefixedNumber(text) == number) }

    @Test(
        "as decimals",
        arguments: [
            ("0", 0), ("007", 7), ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1.5E-3", 0.0015),
            ("5.e1", 50), (".5e+1", 5), ("", nil), (".", nil), ("e1", nil), ("1e", nil), ("1e+", nil), ("1.5.5", nil),
            ("-1", nil), ("1 ", nil), ("1_0", nil), ("\u{661}", nil), ("Infinity", nil), ("1e3x", nil),
        ] as [(String, Double?)])
    func decimal(text: String, number: Double?) { #expect(unsignedDecimal(text.utf8[...]) == number) }

    @Test("a decimal beyond every number is infinite, not a fault")
    func beyond() { #expect(unsignedDecimal("1e999".utf8[...]) == .infinity) }

    @Test(
        "as GitHub prints them",
        arguments: [
            (0, "0"), (-0.0, "0"), (12, "12"), (-3, "-3"), (1e14, "100000000000000"), (1e15, "1E+15"), (1e21, "1E+21"),
            (-1e15, "-1E+15"), (1.5, "1.5"), (-0.25, "-0.25"), (0.0001, "0.0001"), (0.00001, "1E-05"),
            (1.25e-7, "1.25E-07"), (1e100, "1E+100"), (1.0 / 3, "0.333333333333333"), (2.0 / 3, "0.666666666666667"),
            // Fifteen digits, and the sixteenth carries as far as it must.
            (0.99999999999999999, "1"), (9.9999999999999995e22, "1E+23"), (123_456_789.123_456_79, "123456789.123457"),
            (.infinity, "Infinity"), (-.infinity, "-Infinity"), (.nan, "NaN"),
        ] as [(Double, String)])
    func printed(number: Double, text: String) { #expect(numberText(number) == text) }
}
