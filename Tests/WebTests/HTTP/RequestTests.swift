import Testing

@testable import Web

@Suite("A request")
struct RequestTests {
    private static func request(_ uri: String) -> Request { Request(parameters: ["REQUEST_URI": uri], body: []) }

    static let paths: [(uri: String, segments: [String])] = [
        ("/", []), ("", []), ("//a//b/", ["a", "b"]), ("/a%2Fb/c", ["a/b", "c"]), ("/a+b", ["a+b"]), ("/%61", ["a"]),
        ("/Gr%C3%BC%C3%9Fe", ["Grüße"]), ("/%F0%9F%8F%97", ["🏗"]), ("/%", ["%"]), ("/%4", ["%4"]), ("/%zz", ["%zz"]),
        ("/%+4/%-4", ["%+4", "%-4"]), ("/%2541", ["%41"]), ("/%FF", ["\u{FFFD}"]), ("/a?b/c", ["a"]),
        ("/..%2f", ["../"]),
        ("/%00", ["\0"]),
    ]

    @Test("a path is split, then decoded once", arguments: paths.indices)
    func path(index: Int) {
        #expect(Self.request(Self.paths[index].uri).segments == Self.paths[index].segments)
    }

    @Test("the raw path is as the client sent it, without the query")
    func rawPath() {
        #expect(Self.request("/a%20b//c?d=/e").rawPath == "/a%20b//c")
        #expect(Request(parameters: [:], body: []).rawPath == "/")
    }

    static let queriesKnown: [(uri: String, query: [String: String])] = [
        ("/", [:]), ("/?", [:]), ("/?&&", [:]), ("/?a=1", ["a": "1"]), ("/?a=1&a=2", ["a": "1"]), ("/?a", ["a": ""]),
        ("/?a=", ["a": ""]), ("/?=1", ["": "1"]), ("/?a=b=c", ["a": "b=c"]), ("/?a=1?b", ["a": "1?b"]),
        ("/?q=x+y%2Bz&%61=%26", ["q": "x y+z", "a": "&"]), ("/?a=%", ["a": "%"]), ("/?ü=ä", ["ü": "ä"]),
    ]

    @Test("a query; the first of two equal names counts", arguments: queriesKnown.indices)
    func query(index: Int) {
        #expect(Self.request(Self.queriesKnown[index].uri).query == Self.queriesKnown[index].query)
    }

    @Test("status may be given more than once")
    func statuses() {
        #expect(
            Self.request("/?status=queued&x=1&status=in%5Fprogress&status").all("status") == [
                "queued", "in_progress", "",
            ])
    }

    @Test("headers are found by their HTTP names in any case; empty ones are absent")
    func headers() {
        let request = Request(
            parameters: [
                "HTTP_X_RUNNER_UUID": "u", "CONTENT_TYPE": "application/proto", "CONTENT_LENGTH": "5", "HTTP_EMPTY": "",
                "REMOTE_ADDR": "127.0.0.1",
            ], body: [])
        #expect(request.header("x-runner-uuid") == "u")
        #expect(request.header("X-Runner-UUID") == "u")
        #expect(request.header("Content-Type") == "application/proto")
        #expect(request.header("content-length") == "5")
        #expect(request.header("Empty") == nil)
        #expect(request.header("X-Other") == nil)
        // A client must not reach what nginx says of it by naming it as a header, nor the other way round.
        #expect(request.header("Remote-Addr") == nil)
    }

    @Test("a GET unless nginx says otherwise")
    func method() {
        #expect(Request(parameters: [:], body: []).method == "GET")
        #expect(Request(parameters: ["REQUEST_METHOD": "POST"], body: []).method == "POST")
    }

    @Test("numbers of a path")
    func int() {
        var request = Self.request("/")
        request.path = ["run": "12", "text": "1x", "huge": "9223372036854775808"]
        #expect(request.int("run") == 12)
        #expect(request.int("text") == nil)
        #expect(request.int("huge") == nil)
        #expect(request.int("absent") == nil)
    }
}
