import Foundation
import FoundationNetworking
import RunnerProto
import SwiftProtobuf

/// The instance URL as typed, without trailing slashes; RPCs are below `<base>/api/actions` (runner.md 1.1).
package struct ServerAddress: Sendable {
    package let base: String

    package init?(_ text: String) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host != nil
        else { return nil }
        base = text
    }
}

/// An RPC that was not answered with its message.
struct RPCFailure: Error {
    /// The Connect code (runner.md 1.2); `unavailable` also for a server that could not be reached.
    let code: String
    package let message: String

    /// The server does not know this runner: a proper code, or Gitea's disguise as 500 (runner.md 1.5).
    var isUnregistered: Bool {
        code == "unauthenticated"
            || (code == "unknown" && message == "rpc error: code = Unauthenticated desc = unregistered runner")
    }

    /// The same call will fail again: the task is gone or not ours.
    var isLostTask: Bool { isUnregistered || code == "not_found" || code == "permission_denied" }
}

/// Calls the runner service: Connect, unary, binary messages, no compression of requests (runner.md 1.2).
struct RunnerClient: Sendable {
    let server: ServerAddress
    let identity: RunnerIdentity?
    private let session: URLSession

    init(server: ServerAddress, identity: RunnerIdentity?) {
        self.server = server
        self.identity = identity
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 128
        session = URLSession(configuration: configuration)
    }

    func register(_ message: Runner_V1_RegisterRequest) async throws -> Runner_V1_RegisterResponse {
        try await call("Register", message)
    }

    func declare(_ message: Runner_V1_DeclareRequest) async throws -> Runner_V1_DeclareResponse {
        try await call("Declare", message)
    }

    /// - Parameter requestKey: the same until an answer came, so that a lost answer's task is handed out again (runner.md 3.5).
    func fetchTask(_ message: Runner_V1_FetchTaskRequest, requestKey: String) async throws
        -> Runner_V1_FetchTaskResponse
    {
        try await call(
            "FetchTask", message, timeout: EmbeddedRunnerLimits.fetchTimeout,
            headers: [
                "x-runner-request-key": requestKey,
                "Connect-Timeout-Ms": String(EmbeddedRunnerLimits.fetchTimeout.components.seconds * 1000),
            ])
    }

    func updateTask(_ message: Runner_V1_UpdateTaskRequest) async throws -> Runner_V1_UpdateTaskResponse {
        try await call("UpdateTask", message)
    }

    func updateLog(_ message: Runner_V1_UpdateLogRequest) async throws -> Runner_V1_UpdateLogResponse {
        try await call("UpdateLog", message)
    }

    /// Stores what a step wrote to `$GITHUB_STEP_SUMMARY` (runner.md 6.6).
    ///
    /// - Parameters:
    ///   - place: the address's path below the one of actions' own services, without a slash at its beginning.
    ///   - token: the task's runtime token.
    func putSummary(_ text: [UInt8], at place: String, token: String) async throws {
        guard let url = URL(string: "\(server.base)/api/actions_pipeline/_apis/pipelines/workflows/\(place)") else {
            throw RPCFailure(code: "internal", message: "address \"\(server.base)\" is not a URL")
        }
        var request = URLRequest(url: url)
        request.httpMethod = "PUT"
        request.timeoutInterval = Double(EmbeddedRunnerLimits.callTimeout.components.seconds)
        request.httpBody = Data(text)
        request.setValue("text/markdown", forHTTPHeaderField: "Content-Type")
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        let (body, status) = try await answer(to: request)
        guard status == 200 else { throw failure(status, body) }
    }

    private func answer(to request: URLRequest) async throws -> (Data, Int) {
        do {
            let (body, response) = try await session.data(for: request)
            return (body, (response as? HTTPURLResponse)?.statusCode ?? 0)
        } catch {
            throw RPCFailure(
                code: "unavailable", message: "could not reach \(server.base): \(error.localizedDescription)")
        }
    }

    private func call<Question: Message, Answer: Message>(
        _ method: String, _ message: Question, timeout: Duration = EmbeddedRunnerLimits.callTimeout,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        guard let url = URL(string: "\(server.base)/api/actions/runner.v1.RunnerService/\(method)") else {
            throw RPCFailure(code: "internal", message: "address \"\(server.base)\" is not a URL")
        }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.timeoutInterval = Double(timeout.components.seconds) + 2
        request.httpBody = try message.serializedBytes() as Data
        request.setValue("application/proto", forHTTPHeaderField: "Content-Type")
        request.setValue("1", forHTTPHeaderField: "Connect-Protocol-Version")
        request.setValue("millrace-runner", forHTTPHeaderField: "User-Agent")
        if let identity {
            request.setValue(identity.uuid, forHTTPHeaderField: "x-runner-uuid")
            request.setValue(identity.token, forHTTPHeaderField: "x-runner-token")
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }

        let body: Data
        let response: URLResponse
        do {
            (body, response) = try await session.data(for: request)
        } catch {
            throw RPCFailure(
                code: "unavailable", message: "could not reach \(server.base): \(error.localizedDescription)")
        }
        guard let http = response as? HTTPURLResponse else {
            throw RPCFailure(code: "internal", message: "the answer to \(method) is not HTTP")
        }
        guard http.statusCode == 200 else { throw failure(http.statusCode, body) }
        guard (http.value(forHTTPHeaderField: "Content-Type") ?? "").lowercased().hasPrefix("application/proto") else {
            throw RPCFailure(
                code: "unknown",
                message: "the answer to \(method) is not application/proto; is \(server.base) the server?")
        }
        do {
            return try Answer(serializedBytes: body)
        } catch {
            throw RPCFailure(code: "internal", message: "could not read the answer to \(method): \(error)")
        }
    }

    private func failure(_ status: Int, _ body: Data) -> RPCFailure {
        struct Wire: Decodable {
            let code: String
            package let message: String?
        }
        if let wire = try? JSONDecoder().decode(Wire.self, from: body) {
            return RPCFailure(code: wire.code, message: wire.message ?? "")
        }
        // Not Connect's JSON, so a proxy spoke: codes by status as connect-go does (runner.md 1.2).
        let code =
            switch status {
            case 400: "internal"
            case 401: "unauthenticated"
            case 403: "permission_denied"
            case 404: "unimplemented"
            case 429, 502, 503, 504: "unavailable"
            default: "unknown"
            }
        // A proxy's 401 or 403 says nothing about our registration or task: worth another try.
        let passing = code == "unauthenticated" || code == "permission_denied"
        return RPCFailure(code: passing ? "unavailable" : code, message: "HTTP \(status) without a Connect error")
    }
}
