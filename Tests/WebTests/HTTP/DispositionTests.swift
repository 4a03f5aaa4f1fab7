import Testing

@testable import Web

@Suite("Content-Disposition")
struct DispositionTests {
    static let values: [(name: String, value: String)] = [
        ("dist.zip", #"attachment; filename="dist.zip""#),
        ("build (2)-x_1.log", #"attachment; filename="build (2)-x_1.log""#),
        ("", #"attachment; filename="""#),
        ("100%.html", #"attachment; filename="100_.html"; filename*=UTF-8''100%25.html"#),
        (
            "page é 100%.html",
            #"attachment; filename="page _ 100_.html"; filename*=UTF-8''page%20%C3%A9%20100%25.html"#
        ),
        (
            #"a"b\c;d/e"#,
            #"attachment; filename="a_b_c_d_e"; filename*=UTF-8''a%22b%5Cc%3Bd%2Fe"#
        ),
        ("a\r\nX-Evil: 1", #"attachment; filename="a__X-Evil_ 1"; filename*=UTF-8''a%0D%0AX-Evil%3A%201"#),
        ("日本.zip", #"attachment; filename="__.zip"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.zip"#),
        // As bytes, not as characters: a letter and its accent stay two scalars.
        ("e\u{301}", #"attachment; filename="e_"; filename*=UTF-8''e%CC%81"#),
        ("a~b", #"attachment; filename="a_b"; filename*=UTF-8''a~b"#),
    ]

    @Test("has a plain name that every client can read, and the exact one", arguments: values.indices)
    func value(index: Int) {
        #expect(attachmentDisposition(Self.values[index].name) == Self.values[index].value)
    }
}
