import Testing

@testable import Server
@testable import Web

@Suite("The base of absolute addresses")
struct BaseTests {
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
