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
}
