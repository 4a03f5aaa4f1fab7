import Domain
import Postgres
import TestSupport
import Testing

@testable import Server
@testable import Web

/// Every endpoint asked by everybody: rows come from the route table, what is expected is written here by hand.
@Suite("Who may call what")
struct AuthorizationMatrixTests {
    typealias Who = TestApp.Who

    enum Outcome: Equatable {
        case admitted
        case refused(Failure.Kind)
    }

    /// What nginx calls a body that it has stored.
    private static let spooled = ["MILLRACE_SPOOLED": String(repeating: "a", count: 32)]
    private static let shared = Result {
        let app = try TestApp()
        // The environment that the paths name.
        for repository in [app.demo, app.secret] {
            _ = try app.app.environments.put(
                "0", in: repository,
                EnvironmentEdit(waitMinutes: 0, preventsSelfReview: false, reviewers: [], branchRule: 0))
        }
        return app
    }

    /// The row of an access; nil of one that nobody has thought about.
    ///
    /// - Parameter isPage: a page asks a person to log in where the API says that there is nothing.
    static func row(_ access: String, repository: String, isPage: Bool) -> ((Who) -> Outcome)? {
        func of(_ table: [Who: Outcome], else other: Outcome) -> (Who) -> Outcome {
            { who in who == .liar ? .refused(.unauthenticated) : table[who] ?? other }
        }
        let hidden: [Who: Outcome] = isPage ? [.anonymous: .refused(.unauthenticated)] : [:]
        func plus(_ table: [Who: Outcome]) -> [Who: Outcome] { hidden.merging(table) { $1 } }
        let yes = Outcome.admitted
        let missing = Outcome.refused(.missing)
        let forbidden = Outcome.refused(.forbidden)
        let login = Outcome.refused(.unauthenticated)
        if access.hasSuffix(", by token") {
            let open = row(String(access.dropLast(10)), repository: repository, isPage: isPage)
            return { who in who == .anonymous && repository == "demo" ? login : open?(who) ?? missing }
        }
        switch (access, repository) {
        // Credentials are not even looked at.
        case ("open", _): return { _ in .admitted }
        case ("anyone", _): return of([:], else: yes)
        case ("repository: read", "secret"), ("repository: read of contents", "secret"):
            return of(
                plus([.carl: yes, .bob: yes, .ann: yes, .root: yes, .job: yes, .readingJob: yes]), else: missing)
        case ("repository: write", "secret"), ("repository: write of contents", "secret"):
            return of(
                plus([.carl: forbidden, .bob: yes, .ann: yes, .root: yes, .job: yes, .readingJob: forbidden]),
                else: missing)
        case ("repository: owner", "secret"), ("repository: admin", "secret"):
            return of(
                plus([
                    .carl: forbidden, .bob: forbidden, .ann: yes, .root: yes, .job: forbidden, .readingJob: forbidden,
                ]), else: missing)
        case ("repository: read", "demo"), ("repository: read of contents", "demo"): return of([:], else: yes)
        case ("repository: write", "demo"), ("repository: write of contents", "demo"):
            return of(
                [.anonymous: login, .bob: yes, .ann: yes, .root: yes], else: forbidden)
        case ("repository: owner", "demo"), ("repository: admin", "demo"):
            return of(
                [.anonymous: login, .ann: yes, .root: yes],
                else: forbidden)
        case ("account", _):
            return of(
                [.anonymous: login, .job: forbidden, .readingJob: forbidden, .otherJob: forbidden], else: yes)
        // Tokens do not reach what is for who logged in.
        case ("person", _), ("person, also with a password to change", _), ("site admin, in person", _):
            return of([.anonymous: login], else: forbidden)
        case ("site admin", _): return of([.anonymous: login, .root: yes], else: forbidden)
        case ("organization: owner", _), ("organization: member", _):
            return of([.anonymous: login, .ann: yes, .root: yes], else: forbidden)
        // The team of the path is 0, which there is none of; the same of the person "0".
        case ("team: member", _), ("team: owner", _): return of([:], else: missing)
        case ("account itself, by Basic", _): return of([.anonymous: login], else: missing)
        // Tokens are no passwords.
        case ("password", _): return { _ in login }
        case ("organization: seen", _): return of([:], else: yes)
        // Access tokens prove no runner and sign no address; a job's token is no runtime token.
        case ("runner", _), ("task", _): return { _ in login }
        case ("signed: download", _): return { _ in forbidden }
        case ("nobody", _): return { _ in forbidden }
        case ("task: any token", _):
            // The run of the path is 0, which is nobody's.
            return { [.job, .readingJob, .otherJob].contains($0) ? missing : login }
        default: return nil
        }
    }

    /// The row for credentials that do not reach as far as who holds them.
    private static func bounded(
        _ people: @escaping (Who) -> Outcome, _ endpoint: Server.Endpoint, repository: String
    ) -> (Who) -> Outcome {
        // These look at no account, or at passwords alone.
        let isForAccounts = !["open", "runner", "task", "task: any token", "signed: download", "nobody", "password"]
            .contains(endpoint.access)
        return { who in
            guard isForAccounts else { return people([.reader, .publicOnly, .shut].contains(who) ? .eve : who) }
            switch who {
            case .shut: return .refused(.forbidden)
            case .reader:
                let writes = endpoint.writes || ![.get, .every].contains(endpoint.method)
                // Forms of a repository's pages name no scope; they need that of the repository.
                let isScoped = !endpoint.scope.isEmpty || endpoint.access.hasPrefix("repository")
                return writes && isScoped ? .refused(.forbidden) : people(.ann)
            case .publicOnly:
                let isHidden =
                    endpoint.access.hasPrefix("repository") && repository == "secret"
                    || endpoint.path.hasPrefix("/api/v1/user/actions")
                let outcome = people(.ann)
                return isHidden && outcome == .admitted ? .refused(.forbidden) : outcome
            default: return people(who)
            }
        }
    }

    @Test("by the table", arguments: Routes.endpoints.indices, ["demo", "secret"])
    func matrix(index: Int, repository: String) throws {
        let endpoint = Routes.endpoints[index]
        let app = try Self.shared.get()
        // What nginx adds decides; `signed` and `nginx` below ask these.
        guard !["signed: upload", "signed: probe", "nginx"].contains(endpoint.access) else { return }
        let path = endpoint.path.replacing("{owner}", with: "ann").replacing("{repo}", with: repository)
            .replacing("{org}", with: "guild")
        let people = try #require(
            Self.row(endpoint.access, repository: repository, isPage: !path.hasPrefix("/api")),
            "no row says who \"\(endpoint.access)\" is; write one")
        let row = Self.bounded(people, endpoint, repository: repository)
        let names = Dictionary(
            uniqueKeysWithValues: endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
                let name = String(part.dropFirst().dropLast())
                return (name, ["owner": "ann", "repo": repository, "org": "guild"][name] ?? "0")
            })
        for who in Who.allCases {
            let method = endpoint.method == .every ? "POST" : endpoint.method.rawValue
            var request = app.request(
                method, path.replacing(/\{[\w.]+\}/, with: "0"), as: who,
                headers: ["Content-Type": "application/proto"])
            request.path = names
            let outcome: Outcome
            do {
                try endpoint.admits(request, app.app)
                outcome = .admitted
            } catch {
                outcome = .refused(Failure(describing: error).kind)
            }
            #expect(outcome == row(who), "\(method) \(path) as \(who)")
        }
    }

    /// Whether the access of an endpoint admits a request.
    private static func outcome(
        _ endpoint: Server.Endpoint, _ app: TestApp, path: String = "/", names: [String: String] = [:],
        headers: [String: String] = [:], nginx: [String: String] = [:]
    ) -> Outcome {
        let method = endpoint.method == .every ? "POST" : endpoint.method.rawValue
        var request = app.request(method, path, headers: headers, nginx: nginx)
        request.path = names
        do {
            try endpoint.admits(request, app.app)
            return .admitted
        } catch { return .refused(Failure(describing: error).kind) }
    }

    private static func endpoints(of access: String) throws -> [Server.Endpoint] {
        let found = Routes.endpoints.filter { $0.access == access }
        try #require(!found.isEmpty, "no endpoint is for \"\(access)\"")
        return found
    }

    @Test("a runner is admitted by its uuid and its token")
    func runners() throws {
        let app = try Self.shared.get()
        let token = Token.make()
        let runner = try #require(
            try app.app.runners.register(
                name: "mill", version: "1", labels: ["linux"], capabilities: [], ephemeral: false,
                tokenHash: Token.hash(token), scope: .everything))
        for endpoint in try Self.endpoints(of: "runner") {
            for (given, expected) in [(token, Outcome.admitted), (Token.make(), .refused(.unauthenticated))] {
                let headers = [
                    "X-Runner-UUID": runner.uuid, "X-Runner-Token": given, "Content-Type": "application/proto",
                ]
                #expect(Self.outcome(endpoint, app, headers: headers) == expected, "\(endpoint.path)")
            }
        }
    }

    @Test("a running job is admitted by its runtime token, and for artifacts of old runners by its job token")
    func tasks() throws {
        let app = try Self.shared.get()
        let (token, task) = try app.liveTask(.job)
        let other = try app.liveTask(.otherJob).task
        let seconds = Clock.nowMicroseconds() / 1_000_000
        func runtime(_ run: RunID) throws -> String {
            try RuntimeToken(task: task.task, run: run, job: task.job, notBefore: seconds, expires: seconds + 3600)
                .text(signedWith: app.app.keys.runtimeKey)
        }
        let refused = Outcome.refused(.unauthenticated)
        for (access, given, run, expected) in [
            ("task", try runtime(task.run), task.run, Outcome.admitted),
            ("task", try runtime(other.run), other.run, refused),
            ("task", token, task.run, refused),
            ("task: any token", try runtime(task.run), task.run, .admitted),
            ("task: any token", token, task.run, .admitted),
            ("task: any token", try runtime(task.run), other.run, .refused(.missing)),
            ("task: any token", token, other.run, .refused(.missing)),
        ] {
            for endpoint in try Self.endpoints(of: access) {
                let outcome = Self.outcome(
                    endpoint, app, names: ["run": "\(run)"], headers: ["Authorization": "Bearer \(given)"],
                    nginx: Self.spooled)
                #expect(outcome == expected, "\(endpoint.path), \(run) with \(given)")
            }
        }
    }

    @Test("signed addresses admit to what they are signed for, and to nothing else", arguments: SignedPurpose.allCases)
    func signed(purpose: SignedPurpose) throws {
        let app = try Self.shared.get()
        let now = Instant(microseconds: Clock.nowMicroseconds())
        let upload = try app.app.artifacts.create(
            try ArtifactName("signed-\(purpose.rawValue)"),
            try ArtifactContent(name: try ArtifactName("signed-\(purpose.rawValue)"), version: 4, mimeType: nil),
            by: try app.liveTask(.job).task, asked: .unsaid, now: now
        ).upload.number
        let name = [SignedPurpose.upload: "upload", .download: "artifact", .probe: "bytes"][purpose] ?? ""
        for endpoint in try Self.endpoints(of: "signed: \(purpose.rawValue)") {
            for other in SignedPurpose.allCases {
                let query = try app.app.keys.signedURLs.sign(other, id: upload, seconds: 60, now: now)
                let outcome = Self.outcome(
                    endpoint, app, path: "/x?\(query)", names: [name: "\(upload)"], nginx: Self.spooled)
                #expect((outcome == .admitted) == (other == purpose), "\(endpoint.path) by an address for \(other)")
            }
        }
    }

    @Test("what nginx asks is asked by nothing else")
    func nginx() throws {
        let app = try Self.shared.get()
        let name = "MILLRACE_ORIGINAL_URI"
        for endpoint in try Self.endpoints(of: "nginx") {
            #expect(Self.outcome(endpoint, app) == .refused(.missing))
            // What a client sends arrives under another name.
            #expect(Self.outcome(endpoint, app, headers: [name: "/x"]) == .refused(.missing))
            #expect(Self.outcome(endpoint, app, nginx: [name: "/x"]) == .admitted)
        }
    }

    @Test("a handler is not reached without its access")
    func asked() throws {
        let app = try Self.shared.get()
        let path = "/api/v1/repos/ann/secret/actions/runs"
        #expect(app.ask("GET", path).status == 404)
        #expect(app.ask("GET", path, as: .eve).status == 404)
        #expect(app.ask("GET", path, as: .liar).status == 401)
        #expect(app.ask("GET", path, as: .carl).status == 200)
        #expect(app.ask("POST", path + "/1/rerun", as: .carl).status == 403)
        #expect(app.ask("GET", "/ann/secret/actions").status == 401)
        #expect(app.ask("GET", "/ann/secret/actions", as: .carl).status == 200)
    }
}
