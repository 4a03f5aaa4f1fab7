import Testing

@testable import Domain

@Suite("A scalar of YAML")
struct YAMLScalarTests {
    static let core = "tag:yaml.org,2002:"

    @Test(
        "without a tag: plain text by the core schema, all else a string",
        arguments: [
            ("1", YAMLScalar.Style.plain, YAMLScalar.Value.number(1)), ("1", .quoted, .string), ("1", .block, .string),
            ("", .plain, .null), ("", .quoted, .string), ("true", .plain, .bool(true)), ("yes", .plain, .string),
        ])
    func untagged(text: String, style: YAMLScalar.Style, value: YAMLScalar.Value) {
        let scalar = YAMLScalar(text: text, style: style, tag: "")
        #expect(scalar?.value == value)
        #expect(scalar?.text == text)
    }

    @Test(
        "a tag that fits decides, whatever the style",
        arguments: [
            ("1", "!", YAMLScalar.Value.string), ("1", core + "str", .string), ("1", core + "int", .number(1)),
            ("1", core + "float", .number(1)), ("0x1F", core + "int", .number(31)),
            ("True", core + "bool", .bool(true)),
            ("~", core + "null", .null), ("", core + "null", .null), ("1.0", core + "int", .number(1)),
        ])
    func tagged(text: String, tag: String, value: YAMLScalar.Value) {
        #expect(YAMLScalar(text: text, style: .quoted, tag: tag)?.value == value)
        #expect(YAMLScalar(text: text, style: .plain, tag: tag)?.value == value)
    }

    @Test(
        "a tag that does not fit, or is not ours, is refused",
        arguments: [
            ("x", core + "int"), ("1.5", core + "int"), (".inf", core + "int"), ("yes", core + "bool"),
            ("1", core + "null"), ("true", core + "float"), ("1", core + "binary"), ("1", "!foo"),
            ("1", "tag:example.org,2002:int"),
        ])
    func refused(text: String, tag: String) { #expect(YAMLScalar(text: text, style: .plain, tag: tag) == nil) }
}
