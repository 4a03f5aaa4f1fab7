import Testing

@testable import Web

@Suite("Failures on the wire")
struct FailureShapeTests {
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

    @Test("each protocol's shape, with the message escaped")
    func shapes() {
        let failure = Failure(.missing, "no \"x\"\n")
        let connect = FailureShape.connect.render(failure)
        #expect(connect.status == 404)
        #expect(connect.headers[0].value == "application/json")
        #expect(String(decoding: connect.body, as: UTF8.self) == #"{"code":"not_found","message":"no \"x\"\n"}"#)
        let rest = FailureShape.rest.render(failure)
        #expect(rest.status == 404)
        #expect(
            String(decoding: rest.body, as: UTF8.self) == #"{"message":"no \"x\"\n","url":"/api/swagger"}"#)
        let twirp = FailureShape.twirp.render(failure)
        #expect(String(decoding: twirp.body, as: UTF8.self) == #"{"code":"not_found","msg":"no \"x\"\n"}"#)
        #expect(FailureShape.pipeline.render(Failure(.invalid, "x")).status == 400)
        #expect(FailureShape.rest.render(Failure(.invalid, "x")).status == 422)
        let page = FailureShape.page.render(Failure(.unauthenticated, "log in"))
        #expect(page.status == 401)
        // No browser is asked to remember a password; git is.
        #expect(!page.headers.contains { $0.name == "WWW-Authenticate" })
        let git = FailureShape.git.render(Failure(.unauthenticated, "log in"))
        #expect(git.status == 401 && git.headers.contains { $0.name == "WWW-Authenticate" })
        #expect(!FailureShape.page.render(failure).headers.contains { $0.name == "WWW-Authenticate" })
    }
}
