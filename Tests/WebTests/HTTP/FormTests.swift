import Testing

@testable import Web

@Suite("Forms")
struct FormTests {
    private static func form(_ body: String, type: String = "application/x-www-form-urlencoded") throws -> Form {
        try Form(
            Request(
                parameters: ["REQUEST_METHOD": "POST", "REQUEST_URI": "/x", "CONTENT_TYPE": type],
                body: Array(body.utf8)))
    }

    @Test("have their fields in order, decoded once")
    func fields() throws {
        let form = try Self.form("a=1&b=x+y%20z%2B&a=2&c&=d&%C3%A9=%E2%82%AC&e=a=b")
        #expect(form.fields.map(\.name) == ["a", "b", "a", "c", "", "é", "e"])
        #expect(form["a"] == "1" && form.all("a") == ["1", "2"] && form["b"] == "x y z+" && form["c"] == "")
        #expect(form["é"] == "€" && form["e"] == "a=b" && form["none"] == nil)
    }

    @Test("lose the space around a field that is asked for without it")
    func given() throws {
        let form = try Self.form("a=+x%09&b=+%0D%0A&c=")
        #expect(form.given("a") == "x" && form.given("b") == nil && form.given("c") == nil && form.given("d") == nil)
    }

    @Test("may be empty, whatever their type says")
    func empty() throws { #expect(try Self.form("", type: "text/plain").fields.isEmpty) }

    @Test(
        "are refused by what is wrong with them",
        arguments: [
            ("a=%00", "application/x-www-form-urlencoded", "NUL"),
            ("%00=a", "application/x-www-form-urlencoded", "NUL"),
            ("{}", "application/json", "application/json"), ("a=1", "multipart/form-data; boundary=x", "multipart"),
            (String(repeating: "&", count: 500), "application/x-www-form-urlencoded", "500"),
            (String(repeating: "a", count: BodyLimits.jsonBytesMax + 1), "application/x-www-form-urlencoded", "bytes"),
        ])
    func refused(body: String, type: String, word: String) {
        let failure = #expect(throws: Failure.self) { try Self.form(body, type: type) }
        #expect(failure?.message.contains(word) == true)
    }
}
