import Testing

@testable import Domain

@Suite("A value of an expression")
struct ExpressionValueTests {
    @Test(
        "its truth, its text and its number",
        arguments: [
            (ExpressionValue.null, false, "", 0), (.bool(true), true, "true", 1), (.bool(false), false, "false", 0),
            (.number(0), false, "0", 0), (.number(-0.0), false, "0", 0), (.number(1e21), true, "1E+21", 1e21),
            (.string(""), false, "", 0), (.string("0"), true, "0", 0), (.string(" 0x1F\n"), true, " 0x1F\n", 31),
            (.string("  "), true, "  ", 0), (.string("-Infinity"), true, "-Infinity", -.infinity),
        ] as [(ExpressionValue, Bool, String, Double)])
    func conversions(value: ExpressionValue, isTruthy: Bool, text: String, number: Double) {
        #expect(value.isTruthy == isTruthy)
        #expect(value.text == text)
        #expect(value.number == number)
        #expect(value.isPrimitive)
    }

    @Test("what is no number is not a number", arguments: ["x", "1 2", "0x", "1e", "true", "--1", "∞"])
    func notANumber(text: String) {
        #expect(ExpressionValue.string(text).number.isNaN)
        #expect(!ExpressionValue.number(.nan).isTruthy)
        #expect(ExpressionValue.array([]).number.isNaN)
        #expect(ExpressionValue.array([]).isTruthy)
        #expect(!ExpressionValue.object([]).isPrimitive)
    }

    @Test(
        "equality goes by number unless both are text, and ignores case",
        arguments: [
            (ExpressionValue.string("Straße"), .string("straße"), true), (.string("ß"), .string("SS"), false),
            (.string("1"), .number(1), true), (.string("1.0"), .string("1"), false), (.null, .number(0), true),
            (.null, .string(""), true), (.null, .bool(false), true), (.bool(true), .string("1"), true),
            (.number(.nan), .number(.nan), false), (.string("x"), .number(0), false), (.null, .null, true),
            (.string("\u{e9}"), .string("e\u{301}"), false),
        ] as [(ExpressionValue, ExpressionValue, Bool)])
    func equality(one: ExpressionValue, other: ExpressionValue, isEqual: Bool) {
        #expect(one.isEqual(to: other) == isEqual)
        #expect(other.isEqual(to: one) == isEqual)
    }

    @Test("arrays and objects equal themselves alone")
    func identity() {
        let array = ExpressionValue.array([.number(1)])
        #expect(array.isEqual(to: array))
        #expect(!array.isEqual(to: .array([.number(1)])))
        let object = ExpressionValue.object([(key: "a", value: .null)])
        #expect(object.isEqual(to: object))
        #expect(!object.isEqual(to: .object([(key: "a", value: .null)])))
    }

    @Test(
        "order goes by number unless both are text",
        arguments: [
            (ExpressionValue.string("a"), .string("B"), true), (.string("B"), .string("a"), false),
            (.string("10"), .string("9"), true), (.string("10"), .number(9), false), (.null, .bool(true), true),
            (.string("x"), .number(1), false), (.number(1), .string("x"), false), (.string("Z"), .string("é"), true),
        ] as [(ExpressionValue, ExpressionValue, Bool)])
    func order(one: ExpressionValue, other: ExpressionValue, isLess: Bool) {
        #expect(one.isLess(than: other) == isLess)
    }

    @Test("keys that differ in case alone are one: the last value in the first place")
    func keys() {
        let object = ExpressionObject([
            (key: "Os", value: .number(1)), (key: "n", value: .number(2)), (key: "oS", value: .number(3)),
        ])
        #expect(object.pairs.map(\.key) == ["Os", "n"])
        #expect(object["OS"]?.number == 3)
        #expect(object["os "] == nil)
    }

    @Test(
        "numbers as an expression writes them",
        arguments: [
            ("", 0), ("+1", 1), ("-1.5e3", -1500), ("0o17", 15), ("Infinity", .infinity), ("+Infinity", .infinity),
            ("infinity", nil), ("-0x1", nil), ("+", nil), (" 1", nil),
        ] as [(String, Double?)])
    func numbers(text: String, number: Double?) { #expect(expressionNumber(text) == number) }
}
