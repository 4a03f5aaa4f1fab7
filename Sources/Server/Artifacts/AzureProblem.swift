import Domain
import Postgres
import Web

/// A refusal as the Azure SDK reads it: status, code and message, as XML (artifacts.md 3.3).
///
/// It repeats 500 and 503 only; 429, 502 and 504 would end an upload for good.
struct AzureProblem: Error {
    let status: Int
    let code: String
    let message: String

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static let missing = AzureProblem(
        404, "BlobNotFound", "there is no such upload, or its job has ended; create the artifact again")
    static let finished = AzureProblem(
        409, "InvalidOperation", "the artifact is finalized; create it again to replace it")
    static func tooLarge(_ what: String, bytesMax: Int64) -> AzureProblem {
        AzureProblem(413, "RequestBodyTooLarge", "\(what) is over \(bytesMax) bytes")
    }

    init(_ error: any Error) {
        switch error {
        case let problem as AzureProblem: self = problem
        case let problem as BlockProblem: self.init(400, problem.azureCode, "\(problem)")
        case let refusal as QuotaRefusal: self.init(403, "QuotaExceeded", "\(refusal)")
        case UploadProblem.missing: self = .missing
        case UploadProblem.finished: self = .finished
        case UploadProblem.tooManyBlocks:
            self.init(409, "BlockCountExceedsLimit", "an upload has at most \(ArtifactLimits.blockCountMax) blocks")
        case UploadProblem.appendedElsewhere(let length):
            self.init(
                412, "AppendPositionConditionNotMet", "the content has \(length) bytes; append where it ends")
        case UploadProblem.otherMode(let mode):
            self.init(409, "InvalidBlobType", "this upload is made by \"\(mode.rawValue)\"; the two cannot be mixed")
        default:
            let failure = Failure(describing: error).traced
            switch failure.kind {
            case .forbidden, .unauthenticated: self.init(403, "AuthenticationFailed", failure.message)
            case .missing, .badRoute, .gone: self = .missing
            case .tooLarge: self.init(413, "RequestBodyTooLarge", failure.message)
            case .busy, .throttled: self.init(503, "ServerBusy", failure.message)
            case .wrongMethod: self.init(405, "UnsupportedHttpVerb", failure.message)
            case .fault, .unimplemented: self.init(500, "InternalError", failure.message)
            case .conflict, .notNow, .locked: self.init(409, "InvalidOperation", failure.message)
            case .invalid, .malformed: self.init(400, "InvalidInput", failure.message)
            }
        }
    }

    var xml: String {
        #"<?xml version="1.0" encoding="utf-8"?><Error><Code>\#(code)</Code><Message>\#(Self.escaped(message))</Message></Error>"#
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            // XML 1.0 has no way to write the other control characters.
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

extension AzureProblem: FailureConvertible {
    /// For the log alone, which is told of what the server must mend.
    var failure: Failure { Failure(status >= 500 ? (status == 503 ? .busy : .fault) : .invalid, message) }
}

extension FailureShape {
    /// artifacts.md 3.3.
    static let azure = FailureShape("azure") { error in
        let problem = AzureProblem(error)
        return Response(
            problem.status, type: "application/xml", body: Array(problem.xml.utf8),
            headers: [(name: "x-ms-error-code", value: problem.code)])
    }
}

extension Response {
    /// An answer to the check before a body is read: 204 lets it in; else nginx answers for us with what the headers say.
    static func refusedUpload(_ status: Int, type: String, code: String?, body: String) -> Response {
        Response(
            403, type: "text/plain", body: [],
            headers: [
                (name: "X-Millrace-Refusal-Status", value: "\(status)"), (name: "X-Millrace-Refusal-Type", value: type),
                (name: "X-Millrace-Refusal-Code", value: code ?? ""), (name: "X-Millrace-Refusal-Body", value: body),
            ])
    }
}
