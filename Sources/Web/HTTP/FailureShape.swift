import Domain

/// How a protocol tells a failure: its whole mapping, from what was thrown to bytes.
package struct FailureShape: Sendable {
    package let name: String
    /// - Parameter error: as it was thrown, so that a protocol with codes of its own can choose by it; `Failure(describing:)` says
    ///   its kind and words, `traced` adds the request's id to a fault.
    package let render: @Sendable (_ error: any Error) -> Response
    /// Replaces "not found" and "wrong method" for a path or method without an endpoint.
    package let unknown: (@Sendable (Request) -> Failure)?

    package init(
        _ name: String, unknown: (@Sendable (Request) -> Failure)? = nil,
        render: @escaping @Sendable (_ error: any Error) -> Response
    ) {
        self.name = name
        self.unknown = unknown
        self.render = render
    }

    private struct ConnectError: Encodable { let code, message: String }
    private struct TwirpError: Encodable { let code, msg: String }
    private struct RESTError: Encodable { let message, url: String }
    private struct PipelineError: Encodable { let message: String }

    /// runner.md 1.2.
    package static let connect = FailureShape("connect") { error in
        let failure = Failure(describing: error).traced
        let wire = failure.kind.wire
        return .failure(
            wire.connectHTTP, ConnectError(code: wire.connect, message: failure.message), type: "application/json")
    }

    /// artifacts.md 3.7.
    package static let twirp = FailureShape(
        "twirp", unknown: { Failure(.badRoute, "no call is at \($0.method) \($0.rawPath)") }
    ) { error in
        let failure = Failure(describing: error).traced
        let wire = failure.kind.twirp
        return .failure(wire.status, TwirpError(code: wire.code, msg: failure.message), type: "application/json")
    }

    /// rest.md 1.
    package static let rest = FailureShape("rest") { error in
        let failure = Failure(describing: error).traced
        return .failure(
            failure.kind.wire.rest,
            RESTError(message: failure.message, url: (RequestContext.current?.base ?? "") + "/api/swagger"))
    }

    /// To the tools of a job: what is wrong with a request is 400 (runner.md 6.6).
    package static let pipeline = FailureShape("pipeline") { error in
        let failure = Failure(describing: error).traced
        return .failure(
            failure.kind == .invalid ? 400 : failure.kind.wire.rest, PipelineError(message: failure.message))
    }

    /// To a person with a browser. Never with a challenge: what a browser asks for by itself it remembers, and sends with
    /// whatever other sites make it send.
    package static let page = FailureShape("page") { error in
        let failure = Failure(describing: error).traced
        return .text(failure.kind.wire.rest, failure.message + "\n")
    }

    /// To git, which asks for name and password when it is told to.
    package static let git = FailureShape("git") { error in
        let failure = Failure(describing: error).traced
        let login = failure.kind == .unauthenticated
        return .text(
            failure.kind.wire.rest, failure.message + "\n",
            headers: login ? [(name: "WWW-Authenticate", value: "Basic realm=\"Millrace\", charset=\"UTF-8\"")] : [])
    }
}

extension Response {
    /// A failure's words as JSON: texts alone, so they can always be written.
    fileprivate static func failure(
        _ status: Int, _ value: some Encodable, type: String = "application/json;charset=utf-8"
    ) -> Response {
        Response(status, type: type, body: (try? jsonText(value)) ?? [])
    }
}
