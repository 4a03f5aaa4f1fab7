import Testing

@testable import Domain

@Suite("The members of a stored JSON object")
struct JSONMembersTests {
    static func members(_ text: String) -> [String] {
        do throws(JSONFault) {
            return try jsonMembers(Array(text.utf8)[...]).map {
                "\($0.key)=\(String(decoding: $0.value, as: UTF8.self))"
            }
        } catch { return ["! " + error.message] }
    }

    @Test(
        "in order, each value as it stands",
        arguments: [
            ("{}", []), (#"{"a":1}"#, ["a=1"]),
            (#"{"b":[1,{"c":","}],"a":"}\"]"}"#, [#"b=[1,{"c":","}]"#, #"a="}\"]""#]),
            (#"{"\u00e9\n":null}"#, ["é\n=null"]), (#"{"a":{},"a":[]}"#, ["a={}", "a=[]"]),
            (#"{"a":"\\","b":2}"#, [#"a="\\""#, "b=2"]),
        ])
    func values(text: String, expected: [String]) { #expect(Self.members(text) == expected) }

    @Test(
        "a text that is cut, or is no object, is told with the byte",
        arguments: [
            ("", "\"{\" expected at byte 1"), ("[]", "\"{\" expected at byte 1"), ("{", "\"\"\" expected at byte 2"),
            (#"{"a"#, "the end of a string expected at byte 4"), (#"{"a""#, "\":\" expected at byte 5"),
            (#"{"a":"#, "the end of a value expected at byte 6"), (#"{"a":}"#, "a value expected at byte 6"),
            (#"{"a":1"#, "the end of a value expected at byte 7"), (#"{"a":1,}"#, "\"\"\" expected at byte 8"),
            (#"{"a":[1}"#, "the end of a value expected at byte 9"), (#"{"a":1}x"#, "the end expected at byte 8"),
            (#"{"a":"\"#, "the end of a string expected at byte 8"), (#"{a:1}"#, "\"\"\" expected at byte 2"),
        ])
    func faults(text: String, fault: String) { #expect(Self.members(text) == ["! \(fault) of the JSON text"]) }

    @Test("a slice is read where it stands")
    func slice() throws {
        let text = Array(#"xx{"a":{"b":1}}"#.utf8)
        let outer = try jsonMembers(text[2...])
        #expect(try jsonMembers(outer[0].value).map(\.key) == ["b"])
    }
}
