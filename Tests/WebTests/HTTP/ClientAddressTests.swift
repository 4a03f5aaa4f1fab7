import Testing

@testable import Web

@Suite("The address that a client used")
struct ClientAddressTests {
    @Test(
        "has one spelling",
        arguments: [
            ("https://ci.example", "https://ci.example"), ("HTTPS://CI.Example:443/", "https://ci.example"),
            ("http://ci.example:80", "http://ci.example"), ("http://ci.example:443", "http://ci.example:443"),
            ("http://10.0.0.5:3000", "http://10.0.0.5:3000"), ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://[FE80::1]", "https://[fe80::1]"), ("http://my_runner-host", "http://my_runner-host"),
        ])
    func read(text: String, spelling: String) { #expect(ClientAddress(text)?.text == spelling) }

    @Test(
        "is scheme, host and port alone",
        arguments: [
            "", "ci.example", "ftp://ci.example", "https:ci.example", "https://", "https://:443",
            "https://ci.example/path",
            "https://ci.example?x", "https://ci.example#x", "https://user@ci.example", "https://ci.example:",
            "https://ci.example:0",
            "https://ci.example:65536", "https://ci.example:+80", "https://ci.example:080", "https://a:1:2",
            "https://[::1",
            "https://::1]", "https://[]", "https://[::1]x", "https://cï.example", "https://a b", "https://a\r\nX: y",
            "https://a//",
            "https://[a-b]", "https://a\"b", "https://a\\b",
        ])
    func refused(text: String) { #expect(ClientAddress(text) == nil) }
}
