import Testing

@testable import Domain

@Suite("JSON of a value")
struct JSONEncodingTests {
    struct Inner: Described {
        let name: String
        static let example = Inner(name: "x")
    }
    struct Outer: Described {
        let id: Int64
        let name: String
        let note: String?
        let count: Int?
        let inner: Inner
        let maybe: Inner?
        let list: [Inner]
        let names: [String]
        let flag: Bool
        let url: JSONNull<String>
        static let example = Outer(
            id: 1, name: "a", note: "b", count: 2, inner: .example, maybe: .example, list: [.example], names: ["n"],
            flag: true, url: JSONNull("u"))
    }

    @Test("has the members in order, leaves absent ones out, and writes null where it must")
    func order() throws {
        let value = Outer(
            id: .min, name: "\"\\\u{1}\u{301}é/", note: nil, count: nil, inner: Inner(name: ""), maybe: nil, list: [],
            names: ["a", "b"], flag: false, url: JSONNull(nil))
        #expect(
            String(decoding: try jsonText(value), as: UTF8.self)
                == #"{"id":-9223372036854775808,"name":"\"\\\u0001"# + "\u{301}é/"
                + #"","inner":{"name":""},"list":[],"names":["a","b"],"flag":false,"url":null}"#)
    }

    @Test(
        "of single values",
        arguments: [
            (try jsonText("a"), #""a""#), (try jsonText([1, 2]), "[1,2]"), (try jsonText(1.5), "1.5"),
            (try jsonText(["k": true]), #"{"k":true}"#), (try jsonText(JSONVerbatim(#"{"a": 1}"#)), #"{"a": 1}"#),
            (try jsonText([String]()), "[]"), (try jsonText(JSONNull<Int>(nil)), "null"),
        ])
    func single(_ bytes: [UInt8], _ expected: String) { #expect(String(decoding: bytes, as: UTF8.self) == expected) }

    @Test("its schema says which members are required, and names described types once")
    func schema() throws {
        var schemas = SchemaCollection()
        #expect(try schemas.reference(to: Outer.self) == ##"{"$ref":"#/components/schemas/Outer"}"##)
        #expect(schemas.schemas.map(\.name) == ["Outer", "Inner"])
        #expect(
            schemas.schemas[0].json
                == ##"{"type":"object","properties":{"id":{"type":"integer","format":"int64"},"name":{"type":"string"},"note":{"type":"string"},"count":{"type":"integer","format":"int64"},"inner":{"$ref":"#/components/schemas/Inner"},"maybe":{"$ref":"#/components/schemas/Inner"},"list":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}},"names":{"type":"array","items":{"type":"string"}},"flag":{"type":"boolean"},"url":{"type":"string","nullable":true}},"required":["id","name","inner","list","names","flag","url"]}"##
        )
    }
}
