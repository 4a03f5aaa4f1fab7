import Testing

@testable import Web

@Suite("The route table")
struct RouteTableTests {
    private static func endpoint(
        _ path: String, _ method: Web.Method = .get, shape: FailureShape? = nil, body: BodyShape = .none
    ) -> Endpoint<Int> {
        Endpoint(method, path, .open, shape: shape, body: body, answers: [.none(204)], path) { _, _, _ in .noContent }
    }

    private static func table(_ endpoints: [Endpoint<Int>]) throws -> RouteTable<Int> {
        try RouteTable(
            endpoints, families: [PathFamily("/", .page), PathFamily("/api", .rest), PathFamily("/twirp", .twirp)])
    }

    private static func request(_ path: String, _ method: String = "GET") -> Request {
        Request(parameters: ["REQUEST_METHOD": method, "REQUEST_URI": path], body: [])
    }

    /// The pattern that takes the path, with the names it bound.
    private static func found(_ table: RouteTable<Int>, _ path: String, _ method: String = "GET") -> String {
        switch table.match(request(path, method)) {
        case .found(let endpoint, let names):
            "\(endpoint.path) \(names.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","))"
        case .wrongMethod(let allowed, let shape): "\(shape.name): \(allowed.joined(separator: ", "))"
        case .unknown(let shape): "\(shape.name)"
        }
    }

    @Test("finds literals before names, and goes back when a literal leads nowhere")
    func finding() throws {
        let table = try Self.table([
            Self.endpoint("/"), Self.endpoint("/healthz"), Self.endpoint("/{owner}"), Self.endpoint("/{owner}/{repo}"),
            Self.endpoint("/api/v1/version"), Self.endpoint("/api/v1/runs/{run}"), Self.endpoint("/{a}/v1/{b}/x"),
        ])
        let cases = [
            ("/", "/ "), ("/healthz", "/healthz "), ("/Healthz", "/{owner} owner=Healthz"),
            ("/healthz/", "/healthz "), ("/healthz/more", "/{owner}/{repo} owner=healthz,repo=more"),
            ("/api/v1/runs/7", "/api/v1/runs/{run} run=7"), ("/api/v1/runs/x", "/api/v1/runs/{run} run=x"),
            ("/api/v1/version/x", "/{a}/v1/{b}/x a=api,b=version"),
            ("/%7Bowner%7D", "/{owner} owner={owner}"), ("/a%2Fb", "/{owner} owner=a/b"), ("/a/b/c", "page"),
            ("/api/v1/none/7", "rest"), ("/twirp/none", "page"),
        ]
        // "/twirp/none" is {owner}/{repo}.
        for (path, expected) in cases where path != "/twirp/none" { #expect(Self.found(table, path) == expected) }
        #expect(Self.found(table, "/twirp/none") == "/{owner}/{repo} owner=twirp,repo=none")
        #expect(Self.found(table, "/twirp/none/x") == "twirp")
    }

    @Test("a name that takes the rest takes its slashes too, after all that says more")
    func rest() throws {
        let table = try Self.table([
            Self.endpoint("/a/{file...}"), Self.endpoint("/a/{x}/end"), Self.endpoint("/a"),
            Self.endpoint("/b/{x}", .post),
            Self.endpoint("/b/{file...}"),
        ])
        for (path, expected) in [
            ("/a", "/a "), ("/a/b", "/a/{file...} file=b"), ("/a/b/end", "/a/{x}/end x=b"),
            ("/a/b/end/c", "/a/{file...} file=b/end/c"), ("/a/b%2Fc/d", "/a/{file...} file=b/c/d"),
            ("/a/../b", "/a/{file...} file=../b"), ("/b/x", "/b/{file...} file=x"), ("/b", "page"),
        ] { #expect(Self.found(table, path) == expected) }
        #expect(Self.found(table, "/b/x", "POST") == "/b/{x} x=x")
        #expect(Self.found(table, "/b/x/y", "POST") == "page: GET, HEAD")
    }

    @Test("says which methods a path takes, in the shape of the path's protocol")
    func methods() throws {
        let table = try Self.table([
            Self.endpoint("/api/x"), Self.endpoint("/api/x", .post), Self.endpoint("/api/y", .every),
            Self.endpoint("/api/z", .put, shape: .pipeline),
        ])
        #expect(Self.found(table, "/api/x", "HEAD") == "/api/x ")
        #expect(Self.found(table, "/api/x", "DELETE") == "rest: GET, HEAD, POST")
        #expect(Self.found(table, "/api/y", "BREW") == "/api/y ")
        #expect(Self.found(table, "/api/z", "GET") == "pipeline: PUT")
    }

    @Test("refuses two endpoints for the same request, whatever their names are called")
    func clash() throws {
        #expect(throws: RouteTable<Int>.Clash.self) {
            try Self.table([Self.endpoint("/a/{x}/c"), Self.endpoint("/a/{y}/c")])
        }
        #expect(throws: RouteTable<Int>.Clash.self) {
            try Self.table([Self.endpoint("/a", .every), Self.endpoint("/a", .get)])
        }
        _ = try Self.table([Self.endpoint("/a/{x}"), Self.endpoint("/a/{x}", .put), Self.endpoint("/a/b")])
    }

    @Test("knows which bodies are streams")
    func streams() throws {
        let table = try Self.table([
            Self.endpoint("/log", .post, body: .stream(bytesMax: 1)), Self.endpoint("/x", .post),
        ])
        #expect(table.streamsBody(Self.request("/log", "POST")))
        #expect(!table.streamsBody(Self.request("/x", "POST")))
    }
}
