import Domain
import Postgres
import Testing

@testable import Server
@testable import Web

/// Each refusal keeps its status and code on its way through the router: the SDK repeats a 500, and gives up at others.
@Suite("Refusals as Azure's SDK reads them")
struct AzureProblemTests {
    static let cases: [(error: any Error & Sendable, status: Int, code: String)] = [
        (AzureProblem.missing, 404, "BlobNotFound"), (AzureProblem.finished, 409, "InvalidOperation"),
        (UploadProblem.missing, 404, "BlobNotFound"), (UploadProblem.finished, 409, "InvalidOperation"),
        (UploadProblem.tooManyBlocks, 409, "BlockCountExceedsLimit"),
        (UploadProblem.appendedElsewhere(length: 7), 412, "AppendPositionConditionNotMet"),
        (UploadProblem.otherMode(.append), 409, "InvalidBlobType"),
        (Failure(.forbidden, "x"), 403, "AuthenticationFailed"), (Failure(.busy, "x"), 503, "ServerBusy"),
        (Failure(.wrongMethod, "x"), 405, "UnsupportedHttpVerb"), (Failure(.fault, "x"), 500, "InternalError"),
    ]

    @Test("by the router", arguments: cases.indices)
    func routed(index: Int) throws {
        let (error, status, code) = Self.cases[index]
        let endpoint = Web.Endpoint<Int>(.put, "/x", .open, shape: .azure, answers: [.none(201)], "Fails.") { _, _, _ in
            throw error
        }
        let router = Router(
            app: 0, table: try RouteTable([endpoint], families: [PathFamily("/", .page)]),
            hooks: RouterHooks(refuse: { _, _ in }, failed: { _, _, _ in }, within: { $1() }))
        let answer = router.handle(Request(parameters: ["REQUEST_METHOD": "PUT", "REQUEST_URI": "/x"], body: []))
        #expect(answer.status == status)
        #expect(answer.headers.first { $0.name == "x-ms-error-code" }?.value == code)
    }

    @Test("what the caller can mend is not told to the operator as a failure")
    func kinds() {
        for (error, status, _) in Self.cases where status < 500 {
            #expect(![.fault, .busy].contains(Failure(describing: error).kind), "\(error)")
        }
    }
}
