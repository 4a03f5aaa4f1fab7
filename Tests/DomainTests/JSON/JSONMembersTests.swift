import Testing

@testable import Domain

@Suite("Members of a JSON object")
struct JSONMembersTests {
    @Test(
        "values are slices, whatever is in them",
        arguments: [
            ("{}", []), (#"{"a":1}"#, ["a=1"]), (#"{"a":.nan,"b":-.inf}"#, ["a=.nan", "b=-.inf"]),
            (#"{"a":"}\",{","b":[{"c":"]"}],"d":{"e":[]}}"#, [#"a="}\",{""#, #"b=[{"c":"]"}]"#, #"d={"e":[]}"#]),
            (#"{"a\n\"b":null}"#, ["a\n\"b=null"]), (#"{"é":"\\"}"#, [#"é="\\""#]),
        ])
    func members(text: String, expected: [String]) throws {
        let found = try jsonMembers(Array(text.utf8)[...])
        #expect(found.map { "\($0.key)=\(String(decoding: $0.value, as: UTF8.self))" } == expected)
    }

    @Test(
        "what is cut or is no object is refused",
        arguments: [
            "", "[]", "1", "{", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":}"#, #"{"a":1"#, #"{"a":"x}"#, #"{"a":1,}"#,
            "{a:1}",
            #"{"a":[1}"#, #"{"a":1}x"#, #"{"a":1 "b":2}{"#, #"{"a":"\"#, #"{"\"#,
        ])
    func faults(text: String) {
        #expect(throws: JSONFault.self) { try jsonMembers(Array(text.utf8)[...]) }
    }
}
