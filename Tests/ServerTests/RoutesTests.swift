import Domain
import Foundation
import TestSupport
import Testing

@testable import Server
@testable import Web

@Suite("The routes")
struct RoutesTests {
    private static let list = projectRoot.appendingPathComponent("Tests/ServerTests/routes.txt")

    private static func line(_ endpoint: Server.Endpoint, _ table: RouteTable<App>) -> String {
        let body =
            switch endpoint.body.content {
            case .none: "-"
            case .json(let type): "json \(type.schemaName)"
            case .message(let name): name
            case .text: "text"
            case .form: "form"
            case .stream: "stream"
            case .spooled: "spooled"
            }
        return [
            "\(endpoint.method.rawValue) \(endpoint.path)", endpoint.access,
            endpoint.scope.isEmpty ? "-" : endpoint.scope.names.joined(separator: "+"),
            "\(endpoint.lane)", table.shape(of: endpoint).name,
            endpoint.body.bytesMax == 0 ? body : "\(body) of \(endpoint.body.bytesMax)",
            endpoint.answers.map { "\($0.status)" }.joined(separator: " "),
        ].joined(separator: " | ")
    }

    /// Who may call what is decided by people: a changed access is a changed line, which they read.
    @Test("are those of routes.txt (to accept a change: MILLRACE_ACCEPT=1 swift test --filter RoutesTests)")
    func written() throws {
        let table = try Routes.table()
        let lines = table.endpoints.map { Self.line($0, table) }.sorted()
        let text =
            "# method and path | access | scope | lane | failures | body and its bytes at most | answers\n"
            + lines.joined(separator: "\n")
            + "\n"
        if ProcessInfo.processInfo.environment["MILLRACE_ACCEPT"] == "1" {
            try text.write(to: Self.list, atomically: true, encoding: .utf8)
        }
        let accepted = try String(contentsOf: Self.list, encoding: .utf8).split(separator: "\n")
        let now = text.split(separator: "\n")
        for line in now where !accepted.contains(line) { Issue.record("new or changed: \(line)") }
        for line in accepted where !now.contains(line) { Issue.record("gone: \(line)") }
    }

    /// docs/api.md, made of the same table.
    @Test("of the REST API stand in docs/api.md (to renew it: MILLRACE_ACCEPT=1 swift test --filter RoutesTests)")
    func documented() throws {
        let place = projectRoot.appendingPathComponent("docs/api.md")
        let rows = Routes.endpoints.filter { $0.path.hasPrefix("/api/v") }
            .sorted { ($0.path, $0.method.rawValue) < ($1.path, $1.method.rawValue) }
            .map { endpoint in
                let scope = endpoint.scope.names.joined(separator: ", ")
                return
                    "| `\(endpoint.method.rawValue) \(endpoint.shownPath)` | \(endpoint.access) | \(scope) | \(endpoint.summary) |"
            }
        let text = """
            # REST API

            Made from the route table by RoutesTests; `/api/swagger` of a server shows the same with bodies and answers. What a token needs is
            `read:` of its scopes for GET and HEAD, `write:` for the rest.

            | call | for | scopes | what it does |
            | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
        if ProcessInfo.processInfo.environment["MILLRACE_ACCEPT"] == "1" {
            try text.write(to: place, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: place, encoding: .utf8) == text)
    }

    @Test("none that changes something of a repository asks for less than write", arguments: Routes.endpoints.indices)
    func unsafeMethods(index: Int) {
        let endpoint = Routes.endpoints[index]
        guard ![.get, .every].contains(endpoint.method) else { return }
        // These make and end sessions alone.
        guard !["/-/login", "/-/logout"].contains(endpoint.path) else { return }
        #expect(
            ![
                "open", "anyone", "repository: read",
            ].contains(endpoint.access), "\(endpoint.method.rawValue) \(endpoint.path) is for \(endpoint.access)")
    }

    @Test("all of the REST API name the scope of a token")
    func scopes() {
        for endpoint in Routes.endpoints where endpoint.path.hasPrefix("/api/v1") {
            let needsNone = ["/api/v1/version", "/api/v1/settings/", "/api/v1/token"].contains(
                where: endpoint.path.hasPrefix)
            #expect(endpoint.scope.isEmpty == needsNone, "\(endpoint.path)")
        }
    }

    @Test("say what they do in a sentence, and what they answer")
    func words() {
        for endpoint in Routes.endpoints {
            #expect(endpoint.summary.hasSuffix(".") && endpoint.summary.first?.isUppercase == true, "\(endpoint.path)")
            #expect(!endpoint.answers.isEmpty, "\(endpoint.path)")
            // Parameters of a path have names of their own.
            let names = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }
            #expect(Set(names).count == names.count, "\(endpoint.path)")
        }
    }

    // MARK: nginx

    /// nginx's location for a path, as nginx chooses it: exact, then the longest prefix if it says ^~, then the first regular
    /// expression, then the longest prefix.
    static func location(of path: String, in locations: [NginxDirective]) throws -> NginxDirective? {
        func text(_ location: NginxDirective) -> String { location.arguments.last ?? "" }
        let named = locations.filter { !text($0).hasPrefix("@") }
        if let exact = named.first(where: { $0.arguments.first == "=" && text($0) == path }) { return exact }
        let prefixes = named.filter { [text($0), "^~"].contains($0.arguments.first ?? "") && path.hasPrefix(text($0)) }
        let longest = prefixes.max { text($0).utf8.count < text($1).utf8.count }
        if longest?.arguments.first == "^~" { return longest }
        for location in named where location.arguments.first == "~" {
            if path.contains(try Regex(text(location))) { return location }
        }
        return longest
    }

    private static func bytes(_ text: String) -> Int? {
        let units = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        guard let unit = text.last.flatMap({ units[String($0)] }) else { return Int(text) }
        return Int(text.dropLast()).map { $0 * unit }
    }

    @Test("come by the socket that nginx sends them to, with bodies that it lets through")
    func nginx() throws {
        let outer = try NginxDirective.read("millrace.conf").filter { $0.name == "location" }
        let inner = try NginxDirective.read("millrace-spool.conf").filter { $0.name == "location" }
        for endpoint in Routes.endpoints {
            let path =
                "/"
                + endpoint.path.split(separator: "/").map { $0.hasPrefix("{") ? "7" : String($0) }.joined(
                    separator: "/")
            // nginx's own question about uploads is asked by its inner server.
            let locations = endpoint.path == UploadRoutes.checkPath ? inner : outer
            let location = try #require(try Self.location(of: path, in: locations), "\(path)")
            if case .spooled = endpoint.body.content {
                #expect(location.value("proxy_pass") != nil, "\(path) is not stored before: \(location.arguments)")
            } else if location.value("proxy_pass") == nil {
                let expected = endpoint.lane.isPoll ? "millrace_poll" : "millrace_work"
                #expect(location.value("fastcgi_pass")?.first == expected, "\(path) goes to \(location.arguments)")
            }
            // nginx asks without the body of what it asks about.
            if location.value("fastcgi_pass_request_body") == ["off"] { continue }
            let passed = try #require(location.value("client_max_body_size")?.first.flatMap(Self.bytes), "\(path)")
            #expect(passed >= endpoint.body.bytesMax, "\(path): \(location.arguments) takes \(passed) bytes")
        }
    }

    // MARK: OpenAPI

    @Test("of the REST API stand in both documents, with schemas for all that they name")
    func documents() throws {
        let app = try TestApp()
        for (address, base, place) in [
            ("/openapi.json", "", "#/components/schemas/"), ("/swagger.v1.json", "/api/v1", "#/definitions/"),
        ] {
            let answer = app.ask("GET", address)
            #expect(answer.status == 200)
            let document = try #require(answer.json as? [String: Any])
            let paths = try #require(document["paths"] as? [String: [String: Any]])
            let schemas = try #require(
                (document["components"] as? [String: Any])?["schemas"] as? [String: Any]
                    ?? document["definitions"] as? [String: Any])
            var operations: Set<String> = []
            for endpoint in Routes.endpoints where endpoint.path.hasPrefix("/api/v1/") {
                let path = String(endpoint.shownPath.dropFirst(base.count))
                let operation = try #require(
                    paths[path]?[endpoint.method.rawValue.lowercased()] as? [String: Any], "\(path)")
                #expect(operation["x-millrace-access"] as? String == endpoint.access)
                let name = try #require(operation["operationId"] as? String)
                #expect(operations.insert(name).inserted, "two operations are called \(name)")
            }
            for reference in answer.text.split(separator: place).dropFirst() {
                let name = String(reference.prefix { $0 != "\"" })
                #expect(schemas[name] != nil, "\(name)")
            }
        }
        #expect(app.ask("GET", "/swagger.v1.json").text.hasPrefix(#"{"swagger":"2.0""#))
    }

    @Test("are shown to people in a page that needs nothing from outside")
    func page() throws {
        let app = try TestApp()
        let page = app.ask("GET", "/api/swagger")
        #expect(page.status == 200)
        for endpoint in Routes.endpoints where endpoint.path.hasPrefix("/api/v1/") {
            #expect(page.text.contains("<code>\(endpoint.shownPath)</code>"), "\(endpoint.path)")
        }
        #expect(!page.text.contains("src=\"http") && !page.text.contains("href=\"http"))
        #expect(page.text.contains("&quot;username&quot;"))
    }

    @Test("a failure names an address that exists")
    func failureAddress() throws {
        let app = try TestApp()
        let failure = try #require(app.ask("GET", "/api/v1/repos/ann/none", as: .ann).json as? [String: String])
        let base = app.app.configuration.publicURL
        #expect(failure["message"] == "not found" && failure["url"] == base + "/api/swagger")
    }
}
