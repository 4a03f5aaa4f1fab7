import Domain
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

    private static let shared = Result { try TestApp() }

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
        switch (access, repository) {
        // Credentials are not even looked at.
        case ("open", _): return { _ in .admitted }
        case ("anyone", _): return of([:], else: yes)
        case ("repository: read", "secret"):
            return of(
                plus([.carl: yes, .bob: yes, .ann: yes, .root: yes, .job: yes, .readingJob: yes]), else: missing)
        case ("repository: write", "secret"):
            return of(
                plus([.carl: forbidden, .bob: yes, .ann: yes, .root: yes, .job: yes, .readingJob: forbidden]),
                else: missing)
        case ("repository: owner", "secret"):
            return of(
                plus([
                    .carl: forbidden, .bob: forbidden, .ann: yes, .root: yes, .job: forbidden, .readingJob: forbidden,
                ]), else: missing)
        case ("repository: read", "demo"): return of([:], else: yes)
        case ("repository: write", "demo"):
            return of(
                [.anonymous: login, .bob: yes, .ann: yes, .root: yes], else: forbidden)
        case ("repository: owner", "demo"):
            return of(
                [.anonymous: login, .ann: yes, .root: yes],
                else: forbidden)
        case ("account", _):
            return of(
                [.anonymous: login, .job: forbidden, .readingJob: forbidden, .otherJob: forbidden], else: yes)
        case ("site admin", _): return of([.anonymous: login, .root: yes], else: forbidden)
        // There is no organization of this name; bad credentials come before that.
        case ("organization: owner", _): return of([:], else: missing)
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

    @Test("by the table", arguments: Routes.endpoints.indices, ["demo", "secret"])
    func matrix(index: Int, repository: String) throws {
        let endpoint = Routes.endpoints[index]
        let app = try Self.shared.get()
        // Their bodies' names come from nginx; the upload tests ask them through it.
        guard !["signed: upload", "signed: probe", "nginx"].contains(endpoint.access) else { return }
        let path = endpoint.path.replacing("{owner}", with: "ann").replacing("{repo}", with: repository)
        let row = try #require(
            Self.row(endpoint.access, repository: repository, isPage: !path.hasPrefix("/api")),
            "no row says who \"\(endpoint.access)\" is; write one")
        let names = Dictionary(
            uniqueKeysWithValues: endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
                let name = String(part.dropFirst().dropLast())
                return (name, name == "owner" ? "ann" : name == "repo" ? repository : "0")
            })
        for who in Who.allCases {
            let method = endpoint.method == .every ? "POST" : endpoint.method.rawValue
            var request = app.request(
                method, path.replacing(/\{\w+\}/, with: "0"), as: who,
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
