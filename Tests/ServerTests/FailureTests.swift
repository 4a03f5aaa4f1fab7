import Testing

@testable import Postgres
@testable import Server
@testable import Web

@Suite("Failures on the wire")
struct FailureTests {
    /// Connect codes with their HTTP status (runner.md 1.2); a code with another status is misread by clients.
    static let connectStatus = [
        "invalid_argument": 400, "unauthenticated": 401, "permission_denied": 403, "not_found": 404,
        "already_exists": 409,
        "resource_exhausted": 429, "failed_precondition": 400, "unavailable": 503, "unimplemented": 501,
        "internal": 500,
    ]

    @Test("every kind has a Connect code with that code's status, and a REST status", arguments: Failure.Kind.allCases)
    func wire(kind: Failure.Kind) {
        let wire = kind.wire
        #expect(Self.connectStatus[wire.connect] == wire.connectHTTP)
        #expect((400..<600).contains(wire.rest))
    }

    @Test("kinds are not confused")
    func rows() {
        let rest = Dictionary(uniqueKeysWithValues: Failure.Kind.allCases.map { ($0, $0.wire.rest) })
        #expect(rest[.invalid] == 422)
        #expect(rest[.unauthenticated] == 401)
        #expect(rest[.forbidden] == 403)
        #expect(rest[.missing] == 404)
        #expect(rest[.conflict] == 409)
        #expect(rest[.tooLarge] == 413)
        #expect(rest[.busy] == 503)
        #expect(rest[.fault] == 500)
    }

    private static func kind(_ error: any Error) -> Failure.Kind { Failure(describing: error).kind }
    private static func postgres(_ state: String) -> PostgresError {
        PostgresError(sqlState: state, message: "secret detail of the database", statement: "run_insert")
    }

    @Test("a database that is away is busy, never a refusal of the caller")
    func database() {
        // A20: so is a statement that was cancelled (statement_timeout), and a lock that did not come.
        for state in ["08006", "57P01", "57P03", "53300", "40001", "40P01", "57014", "55P03"] {
            #expect(Self.kind(Self.postgres(state)) == .busy)
        }
        #expect(Self.kind(Self.postgres("23505")) == .fault)
    }

    @Test("a NUL character that PostgreSQL cannot store is the caller's mistake")
    func nul() {
        #expect(Self.kind(Self.postgres("22021")) == .invalid)
    }

    @Test("what is not known says nothing of itself")
    func unknown() {
        struct Inside: Error { let path = "/secret" }
        for error in [Inside() as any Error, Self.postgres("23505")] {
            let failure = Failure(describing: error)
            #expect(failure.kind == .fault)
            #expect(failure.message == "internal error; the server's log has the details")
        }
    }

    @Test("each protocol's shape, with the message escaped")
    func shapes() {
        let failure = Failure(.missing, "no \"x\"\n")
        let connect = Response.connect(failure)
        #expect(connect.status == 404)
        #expect(connect.headers[0].value == "application/json")
        #expect(String(decoding: connect.body, as: UTF8.self) == #"{"code":"not_found","message":"no \"x\"\n"}"#)
        let rest = Response.rest(failure)
        #expect(rest.status == 404)
        #expect(String(decoding: rest.body, as: UTF8.self).hasPrefix(#"{"message":"no \"x\"\n","#))
        let page = Response.page(Failure(.unauthenticated, "log in"))
        #expect(page.status == 401)
        #expect(page.headers.contains { $0.name == "WWW-Authenticate" })
        #expect(!Response.page(failure).headers.contains { $0.name == "WWW-Authenticate" })
    }
}
