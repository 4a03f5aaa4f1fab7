import Domain
import Postgres

/// A failure in words for the caller. The protocol's own shape is chosen where it is rendered.
struct Failure: Error, CustomStringConvertible {
    enum Kind: CaseIterable {
        case invalid, unauthenticated, forbidden, missing, conflict, tooLarge, busy, unimplemented, fault
        /// Right in itself, but not in the state that things are in.
        case notNow
        /// It was here and will not come back.
        case gone
        /// Too often from one client; later it may work.
        case throttled
        /// The path is there and takes other methods.
        case wrongMethod
        /// Twirp's own two: what cannot be read, and what is no call.
        case malformed, badRoute
    }
    let kind: Kind
    let message: String
    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
    var description: String { message }

    /// Anything that was thrown, as a failure. A passing fault of the database is `busy`, never 401 (runner.md 1.5).
    init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as PostgresError
        where error.isUnavailable || error.isSerializationFailure || error.isCancelled || error.isLockNotAvailable:
            self.init(.busy, "the database is not available right now; try again in a few seconds")
        case let error as PostgresError where error.sqlState == "22021":
            self.init(.invalid, "a text holds the character U+0000, which cannot be stored; leave it out")
        case LogError.unknownTask: self.init(.missing, "this runner has no such task")
        case LogError.refused(.archived): self.init(.conflict, "log file has been archived")
        case LogError.refused(.negativeIndex(let index)):
            self.init(.invalid, "log index \(index) is out of range; rows count from 0")
        case let refusal as RerunRefusal: self.init(refusal)
        case LogReadProblem.expired(let at):
            self.init(.missing, "the log was removed on \(RunJSON.time(at)): it was older than logs.retention")
        case let refusal as QuotaRefusal: self.init(.forbidden, "\(refusal)")
        case let refusal as CreateRefusal: self.init(.conflict, "\(refusal)")
        case let problem as RetentionProblem: self.init(.invalid, "\(problem)")
        case UploadProblem.missing: self.init(.missing, "there is no such upload, or its job has ended")
        case UploadProblem.tooManyFiles:
            self.init(
                .invalid,
                "an artifact has at most \(ArtifactLimits.filesMax) files; pack them, or upload them under several names"
            )
        case UploadProblem.finished: self.init(.conflict, "the upload is finished")
        case let refusal as JobRefusal: self.init(.conflict, "\(refusal)")
        default: self.init(.fault, "internal error; the server's log has the details")
        }
    }
}

extension Failure.Kind {
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

extension Response {
    static func connect(_ failure: Failure) -> Response {
        let wire = failure.kind.wire
        return Response(
            wire.connectHTTP, type: "application/json",
            body: Array(#"{"code":"\#(wire.connect)","message":"\#(jsonEscaped(failure.message))"}"#.utf8))
    }
    static func rest(_ failure: Failure) -> Response {
        .json(failure.kind.wire.rest, #"{"message":"\#(jsonEscaped(failure.message))","url":"/api/swagger"}"#)
    }
    /// To the tools of a job: what is wrong with a request is 400 (runner.md 6.6).
    static func pipeline(_ failure: Failure) -> Response {
        let status = failure.kind == .invalid ? 400 : failure.kind.wire.rest
        return .json(status, #"{"message":"\#(jsonEscaped(failure.message))"}"#)
    }
    static func page(_ failure: Failure) -> Response {
        let login = failure.kind == .unauthenticated
        return .text(
            failure.kind.wire.rest, failure.message + "\n",
            headers: login ? [(name: "WWW-Authenticate", value: "Basic realm=\"Millrace\", charset=\"UTF-8\"")] : [])
    }
}

extension Failure {
    /// The words of a refused rerun (rest.md 7).
    init(_ refusal: RerunRefusal) {
        switch refusal {
        case .runNotDone: self.init(.notNow, "this workflow run is not done; wait for its end or cancel it first")
        case .nothingToRun:
            self.init(.notNow, "this run has no jobs, since its file could not be read; push a sound file")
        case .nothingFailed: self.init(.notNow, "no job of this run failed")
        case .jobNotInLatestAttempt(let job): self.init(.missing, "job \(job) is not part of the run's latest attempt")
        case .tooManyAttempts:
            self.init(.notNow, "this run has \(RerunLimits.attemptsMax) attempts, the most there may be; push again")
        }
    }
}
