import Domain
import Testing

@Suite("Where a log-in goes on to")
struct LocalPathTests {
    @Test(
        "is a path of this server",
        arguments: ["/", "/ann/demo/actions?page=2&status=failure#L3", "/-/admin", "/%2F%2Fx"])
    func kept(text: String) {
        #expect(localPath(text) == text)
    }

    @Test(
        "is never another site's address",
        arguments: [
            nil, "", "ann/demo", "//elsewhere.example/x", "/\\elsewhere.example", "\\\\elsewhere.example",
            "https://elsewhere.example", "javascript:alert(1)", "/\t/elsewhere.example", "/\n/elsewhere.example",
            " //elsewhere.example", "/a b", "/a\u{0}b", "/ä", "/a\\b", "/" + String(repeating: "a", count: 2048),
        ])
    func refused(text: String?) {
        #expect(localPath(text) == nil)
    }
}
