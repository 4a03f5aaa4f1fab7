import Foundation
import TestSupport
import Testing

/// What nginx/ lets through and what the code behind it takes, which two people may change at different times.
@Suite("Limits of nginx and of the code agree")
struct LimitsTests {
    /// Directives of the locations that hand requests on, by what they hand them to.
    static func locations(of file: String, to upstream: String) throws -> [NginxDirective] {
        let locations = try NginxDirective.read(file).filter { $0.name == "location" }
        return locations.filter { location in
            let target = location.value("fastcgi_pass") ?? location.value("proxy_pass")
            return target?.first?.contains(upstream) ?? false
        }
    }

    @Test("no location lets a body through that its lane would not read")
    func lanes() throws {
        for (upstream, limit) in [("millrace_work", "bodyBytesMax"), ("millrace_poll", "pollBodyBytesMax")] {
            let lane = "Sources/Web/FastCGI/WorkLane.swift"
            let bytesMax = try Self.constant(limit, in: lane)
            let streamedMax = try Self.constant("streamedBodyBytesMax", in: lane)
            let locations = try Self.locations(of: "millrace.conf", to: upstream)
            #expect(locations.count >= 4)
            for location in locations {
                if location.value("fastcgi_pass_request_body") == ["off"] { continue }
                let passed = try #require(
                    location.value("client_max_body_size"), "\(location.arguments) leaves it to nginx's default")
                let bytes = try #require(Self.bytes(passed[0]))
                // The one call whose body is no array (Router.streamsBody).
                let isStream = [
                    ["=", "/api/actions/runner.v1.RunnerService/UpdateLog"], ["=", "/_large_log"],
                ].contains(location.arguments)
                #expect(
                    bytes <= (isStream ? streamedMax : bytesMax),
                    "\(location.arguments) lets \(passed[0]) through to \(upstream)")
            }
        }
    }

    @Test("no request is held longer than nginx waits for it")
    func polls() throws {
        let configuration = try Self.source("Sources/Server/Config/ConfigurationKey.swift")
        let range = try #require(configuration.firstMatch(of: /"tasks\.poll_hold", 0\.\.\.(\d+)/))
        let holdMax = try #require(Int(range.output.1))
        for location in try Self.locations(of: "millrace.conf", to: "millrace_poll") {
            let waits = try #require(location.value("fastcgi_read_timeout")?.first, "\(location.arguments) has none")
            let seconds = try #require(Int(waits.dropLast()))
            #expect(waits.hasSuffix("s") && seconds > holdMax, "\(location.arguments) waits \(waits)")
        }
    }

    @Test("A11: a request that waits for PostgreSQL as long as it may still answers before nginx gives up")
    func waits() throws {
        let file = "Sources/Postgres/Connection/Connection.swift"
        let connect = try Self.constant("connectMilliseconds", in: file)
        let pool = try Self.constant("poolMilliseconds", in: file)
        let statement = try Self.constant("statementMilliseconds", in: file)
        let answer = try Self.constant("answerMilliseconds", in: file)
        #expect(statement < answer)
        for location in try Self.locations(of: "millrace.conf", to: "millrace_work") {
            // Questions of nginx's own are short, and are asked again.
            if location.value("fastcgi_pass_request_body") == ["off"] { continue }
            let waits = try #require(location.value("fastcgi_read_timeout")?.first, "\(location.arguments) has none")
            let seconds = try #require(Int(waits.dropLast()))
            #expect(connect + pool + answer < seconds * 1000, "\(location.arguments) waits \(waits)")
        }
    }

    @Test("H12: what a thread writes without a place of its own, nginx takes however slow the reader is")
    func slowReaders() throws {
        let drained = try Self.constant("drainedBytesMax", in: "Sources/Web/FastCGI/WorkLane.swift")
        let logs = try Self.locations(of: "millrace.conf", to: "millrace_work").filter {
            $0.arguments.joined().contains("logs?$")
        }
        #expect(logs.count == 1)
        for location in logs {
            let size = try #require(location.value("fastcgi_max_temp_file_size")?.first)
            #expect(Self.bytes(size) == drained)
        }
        let git = try Self.locations(of: "millrace.conf", to: "millrace_git")
        #expect(git.count == 1)
        for location in git {
            #expect(
                location.value("fastcgi_buffering") == ["on"] && location.value("fastcgi_request_buffering") == ["on"])
        }
    }

    @Test("a block a little too large is refused in our words; the inner server takes what the outer passes on")
    func blocks() throws {
        let block = try Self.constant("blockBytesMax", in: "Sources/Server/Config/ArtifactConfiguration.swift")
        let list = try Self.constant("blockListBytesMax", in: "Sources/Domain/Artifacts/ArtifactLimits.swift")
        let inner = try NginxDirective.read("millrace-spool.conf").first { $0.name == "client_max_body_size" }
        let innerSize = try #require(inner?.arguments.first)
        let outer = try Self.locations(of: "millrace.conf", to: "millrace_spool")
        #expect(outer.count == 2)
        for location in outer {
            let size = try #require(location.value("client_max_body_size")?.first)
            let bytes = try #require(Self.bytes(size))
            #expect(bytes > block && bytes > list, "\(location.arguments) lets \(size) through")
            #expect(size == innerSize)
        }
    }

    @Test("git reads as much of a reader's push as the code says, and all of a writer's")
    func pushes() throws {
        let limit = try Self.constant("readerPushBytesMax", in: "Sources/Domain/Repositories/PullRequest.swift")
        let maps = try NginxDirective.read("millrace-http.conf").filter {
            $0.arguments == ["$millrace_git_may_write", "$millrace_git_input_max"]
        }
        #expect(maps.count == 1)
        for map in maps {
            #expect(Self.bytes(map.value("0")?.first ?? "") == limit)
            #expect(map.value("default") == ["0"])
        }
    }

    @Test("sizes are read as nginx and Swift read them")
    func reading() throws {
        #expect(Self.bytes("64k") == 65_536)
        #expect(Self.bytes("2m") == 2_097_152)
        #expect(Self.bytes("0") == nil, "nginx reads 0 as without end")
        #expect(Self.product("64 * 1024 * 1024") == 67_108_864)
        #expect(Self.product("100 << 20") == 104_857_600)
        #expect(Self.product("50_000") == 50_000)
    }

    static func bytes(_ text: String) -> Int? {
        let units = ["k": 1024, "m": 1024 * 1024, "g": 1024 * 1024 * 1024]
        let unit = units[text.suffix(1).lowercased()]
        guard let number = Int(unit == nil ? text : String(text.dropLast())), number > 0 else { return nil }
        return number * (unit ?? 1)
    }

    static func product(_ text: some StringProtocol) -> Int? {
        let sides = text.replacingOccurrences(of: "_", with: "").components(separatedBy: "<<")
        let factors = sides[0].split(separator: "*").map { Int($0.trimmingCharacters(in: .whitespaces)) }
        guard let shift = sides.count > 1 ? Int(sides[1].trimmingCharacters(in: .whitespaces)) : 0 else { return nil }
        return factors.reduce(Optional(1)) { product, factor in factor.flatMap { factor in product.map { $0 * factor } }
        }
        .map { $0 << shift }
    }

    /// The value of `let NAME = …` or `var NAME = …`, digits, `*` and `<<`.
    static func constant(_ name: String, in file: String) throws -> Int {
        let pattern = try Regex("(?:let|var) \(name)(?:: \\w+)? = (?<value>[0-9_ *<]+)\n")
        let match = try #require(try source(file).firstMatch(of: pattern), "\(file) has no \(name)")
        return try #require(product(match["value"]?.substring ?? ""))
    }

    static func source(_ file: String) throws -> String {
        try String(contentsOf: DependencyRuleTests.root.appendingPathComponent(file), encoding: .utf8)
    }
}
