import Testing

@testable import FCGIApp

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

    @Test(
        "is where its answers point to if it is one of ours, else the public one is",
        arguments: [
            ("http", "10.0.0.5:3000", "http://10.0.0.5:3000"), ("HTTP", "10.0.0.5:3000", "http://10.0.0.5:3000"),
            ("https", "Inner.Example:443", "https://inner.example"),
            ("https", "inner.example", "https://inner.example"),
            ("https", "ci.example", "https://ci.example"), ("http", "inner.example", "https://ci.example"),
            ("https", "inner.example:8443", "https://ci.example"), ("https", "evil.example", "https://ci.example"),
            ("https", "inner.example@evil.example", "https://ci.example"),
            ("https", "inner.example/x", "https://ci.example"),
            ("http", "10.0.0.5:3000, x", "https://ci.example"), ("https", "", "https://ci.example"),
            (nil, "inner.example", "https://ci.example"), ("https", nil, "https://ci.example"),
        ] as [(String?, String?, String)])
    func base(scheme: String?, host: String?, base: String) throws {
        let configuration = try Configuration.read(
            "server:\n  public_url: https://ci.example/\n  addresses: http://10.0.0.5:3000, https://INNER.example:443/\n",
            path: "m.yaml", environment: [:])
        // An absent parameter and an empty one are the same to FastCGI.
        let parameters: Parameters = ["REQUEST_SCHEME": scheme ?? "", "HTTP_HOST": host ?? ""]
        #expect(configuration.base(of: Request(parameters: parameters, body: [])) == base)
    }

    @Test("counts for nothing when no others are configured")
    func unconfigured() {
        var configuration = Configuration()
        configuration.publicURL = "https://host/sub"
        let request = Request(parameters: ["REQUEST_SCHEME": "https", "HTTP_HOST": "host"], body: [])
        #expect(configuration.base(of: request) == "https://host/sub")
    }
}
