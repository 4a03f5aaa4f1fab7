import Synchronization
import Testing

@testable import Web

@Suite("The router")
struct RouterTests {
    private struct Broken: Error {}

    /// What the hooks were told; shared by the threads that work for a request.
    private final class Told: Sendable {
        let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private static let id = String(repeating: "a1", count: 16)

    private static func request(_ method: String, _ path: String) -> Request {
        Request(
            parameters: ["REQUEST_METHOD": method, "REQUEST_URI": path, "MILLRACE_REQUEST_ID": id], body: [])
    }

    private static func router(_ told: Told) throws -> Router<Told> {
        let endpoints: [Endpoint<Told>] = [
            Endpoint(.get, "/api/ok/{name}", .open, answers: [.none(200)], "Answers.") { request, _, app in
                app.add("in \(RequestContext.current?.id ?? "nothing")")
                return .text(200, request.path["name"] ?? "")
            },
            Endpoint(.get, "/api/broken", .open, answers: [.none(200)], "Fails.") { _, _, _ in throw Broken() },
            Endpoint(
                .get, "/api/refused", Access<Told, Int>("nobody") { _, _ in throw Failure(.forbidden, "no") },
                answers: [.none(200)], "Refuses."
            ) { _, _, app in
                app.add("the handler was reached")
                return .noContent
            },
            Endpoint(holding: .get, "/api/instant", .open, lane: .instant, answers: [.none(200)], "Answers at once.") {
                hold, _, _, _ in hold.answer(.text(200, "now"))
            },
            Endpoint(holding: .get, "/api/held", .open, answers: [.none(200)], "Answers later.") { hold, _, _, app in
                app.add("held in \(RequestContext.current?.id ?? "nothing")")
                hold.work {
                    app.add("later in \(RequestContext.current?.id ?? "nothing")")
                    hold.answer(.text(200, "later"))
                }
            },
            Endpoint(holding: .get, "/api/held/broken", .open, answers: [.none(200)], "Fails later.") { hold, _, _, _ in
                hold.work { throw Failure(.busy, "not now") }
            },
        ]
        return Router(
            app: told, table: try RouteTable(endpoints, families: [PathFamily("/", .page), PathFamily("/api", .rest)]),
            hooks: RouterHooks(
                refuse: { request, _ in
                    if request.rawPath == "/api/ok/forbidden" { throw Failure(.forbidden, "refused before") }
                },
                failed: { error, _, app in app.add("failed \(error)") },
                within: { context, body in
                    told.add("for \(context.id)")
                    body()
                }))
    }

    private static func text(_ response: Response) -> String { String(decoding: response.body, as: UTF8.self) }
    private static func header(_ response: Response, _ name: String) -> String? {
        response.headers.first { $0.name == name }?.value
    }

    @Test("answers with the names of the path, and with the request's id")
    func answers() throws {
        let told = Told()
        let response = try Self.router(told).handle(Self.request("GET", "/api/ok/ann"))
        #expect(response.status == 200)
        #expect(Self.text(response) == "ann")
        #expect(Self.header(response, "X-Request-Id") == Self.id)
        #expect(told.all == ["for \(Self.id)", "in \(Self.id)"])
    }

    @Test("makes an id for a request that brings none, or one that is none", arguments: ["", "zz", "A1"])
    func freshID(given: String) throws {
        let request = Request(
            parameters: ["REQUEST_METHOD": "GET", "REQUEST_URI": "/api/ok/x", "MILLRACE_REQUEST_ID": given], body: [])
        let id = try #require(Self.header(try Self.router(Told()).handle(request), "X-Request-Id"))
        #expect(id.utf8.count == 32 && id != given)
    }

    @Test("tells a fault by the id alone, and its cause to the log")
    func fault() throws {
        let told = Told()
        let response = try Self.router(told).handle(Self.request("GET", "/api/broken"))
        #expect(response.status == 500)
        #expect(Self.text(response).contains("(request \(Self.id))"))
        #expect(!Self.text(response).contains("Broken"))
        #expect(told.all.contains("failed Broken()"))
    }

    @Test("reaches no handler without its access, and no endpoint past the hook")
    func refusals() throws {
        let told = Told()
        let router = try Self.router(told)
        #expect(router.handle(Self.request("GET", "/api/refused")).status == 403)
        #expect(router.handle(Self.request("GET", "/api/ok/forbidden")).status == 403)
        #expect(!told.all.contains("the handler was reached"))
        #expect(!told.all.contains("in \(Self.id)"))
    }

    @Test("says what a path takes, and what is not there, in the shape of the path")
    func unknown() throws {
        let router = try Self.router(Told())
        let wrong = router.handle(Self.request("POST", "/api/ok/x"))
        #expect(wrong.status == 405)
        #expect(Self.header(wrong, "Allow") == "GET, HEAD")
        #expect(Self.text(router.handle(Self.request("GET", "/api/none"))).hasPrefix("{\"message\":\"not found\""))
        #expect(Self.text(router.handle(Self.request("GET", "/none"))) == "not found\n")
    }

    @Test("waits for an instant answer on the work lane, and refuses what is held")
    func wrongLane() throws {
        let router = try Self.router(Told())
        #expect(Self.text(router.handle(Self.request("GET", "/api/instant"))) == "now")
        #expect(router.handle(Self.request("GET", "/api/held")).status == 404)
    }

    /// Asks by the poll lane and waits for the answer.
    private static func held(_ router: Router<Told>, _ path: String, _ method: String = "GET") async -> Response {
        let lane = HeldRouter(router)
        defer { lane.close() }
        return await withCheckedContinuation { continuation in
            let once = Mutex(false)
            lane.handle(
                HeldRequest(
                    request: request(method, path),
                    answer: { response in
                        let isFirst = once.withLock { answered in
                            defer { answered = true }
                            return !answered
                        }
                        if isFirst { continuation.resume(returning: response) }
                    }, isGone: { false }))
        }
    }

    @Test("a held request is worked on for its id, whichever thread does it, and answered once")
    func holding() async throws {
        let told = Told()
        let response = await Self.held(try Self.router(told), "/api/held")
        #expect(Self.text(response) == "later")
        #expect(Self.header(response, "X-Request-Id") == Self.id)
        #expect(told.all.contains("held in \(Self.id)"))
        #expect(told.all.contains("later in \(Self.id)"))
    }

    @Test("what a held request's work throws is its answer; other requests of the lane are answered, too")
    func holdingFails() async throws {
        let router = try Self.router(Told())
        let busy = await Self.held(router, "/api/held/broken")
        #expect(busy.status == 503)
        #expect(Self.text(busy).contains("not now"))
        #expect(await Self.held(router, "/api/held", "POST").status == 405)
        #expect(await Self.text(Self.held(router, "/api/instant")) == "now")
        #expect(await Self.text(Self.held(router, "/api/ok/x")) == "x")
        #expect(await Self.held(router, "/api/none").status == 404)
    }
}
