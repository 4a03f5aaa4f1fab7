/// An error that knows which failure its caller is told. Each capability conforms its own errors, beside its routes.
package protocol FailureConvertible: Error {
    var failure: Failure { get }
}

/// A failure in words for the caller. The protocol's own shape is chosen where it is rendered (``FailureShape``).
package struct Failure: Error, CustomStringConvertible {
    package enum Kind: CaseIterable {
        case invalid, unauthenticated, forbidden, missing, conflict, tooLarge, busy, unimplemented, fault
        /// Valid, but not in the current state (failed precondition).
        case notNow
        /// Existed and was removed permanently (410).
        case gone
        /// Nobody may write to it now (423).
        case locked
        /// Too often from one client; later it may work.
        case throttled
        /// The path is there and takes other methods.
        case wrongMethod
        /// Twirp's own two: what cannot be read, and what is no call.
        case malformed, badRoute
    }
    package let kind: Kind
    package let message: String
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
    package var description: String { message }

    /// The same; a fault with the id of its request, by which its cause is found in the log.
    package var traced: Failure {
        guard kind == .fault, let id = RequestContext.current?.id, !id.isEmpty else { return self }
        return Failure(kind, "\(message) (request \(id))")
    }

    /// Anything that was thrown, as a failure. What does not say otherwise is a fault: its cause goes to the log alone.
    package init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as any FailureConvertible: self = error.failure
        default: self.init(.fault, "internal error; the server's log has the details")
        }
    }
}

extension Failure.Kind {
    /// For protocols that are told by others than `FailureShape`.
    package var restStatus: Int { wire.rest }

    /// One row per kind: compare with runner.md 1.2 and rest.md 1.
    var wire: (connect: String, connectHTTP: Int, rest: Int) {
        switch self {
        case .invalid: ("invalid_argument", 400, 422)
        case .unauthenticated: ("unauthenticated", 401, 401)
        case .forbidden: ("permission_denied", 403, 403)
        case .missing: ("not_found", 404, 404)
        case .conflict: ("already_exists", 409, 409)
        case .notNow: ("failed_precondition", 400, 400)
        case .gone: ("not_found", 404, 410)
        case .locked: ("failed_precondition", 400, 423)
        case .malformed: ("invalid_argument", 400, 400)
        case .badRoute: ("not_found", 404, 404)
        case .throttled: ("resource_exhausted", 429, 429)
        case .wrongMethod: ("unimplemented", 501, 405)
        case .tooLarge: ("resource_exhausted", 429, 413)
        case .busy: ("unavailable", 503, 503)
        case .unimplemented: ("unimplemented", 501, 501)
        case .fault: ("internal", 500, 500)
        }
    }
}
