import Client
import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// The RPCs of the work lane; FetchTask waits in the poll lane (runner.md 1.1).
enum TaskRoutes {
    private static let service = "/api/actions/runner.v1.RunnerService/"

    static let all: [Route] =
        rpc("/api/actions/ping.v1.PingService/Ping", ping)
        + rpc(service + "Register", register) + rpc(service + "Declare", headers: SummaryRoutes.capabilities, declare)
        + answering(service + "UpdateTask", bytesMax: ConnectLimits.messageBytesMax, updateTask)
        + answering(UpdateLog.path, UpdateLog.answer)
        + [Route("GET", "/_check/runner", access: .open, isRunner)]

    /// Connect has its own answers to a wrong method and a wrong type, so every method comes here.
    private static func rpc<In: Message, Out: Message>(
        _ path: String, headers: [(name: String, value: String)] = [],
        _ handler: @escaping @Sendable (In, Request, App) throws -> Out
    ) -> [Route] {
        answering(path, headers: headers) { call, request, app in try handler(try call.message(In.self), request, app) }
    }

    /// For a handler that reads the message itself.
    private static func answering<Out: Message>(
        _ path: String, bytesMax: Int = ConnectLimits.smallMessageBytesMax,
        headers: [(name: String, value: String)] = [],
        _ handler: @escaping @Sendable (ConnectCall, Request, App) throws -> Out
    ) -> [Route] {
        ["POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS"].map { method in
            Route(method, path, access: .open) { request, _, app in
                switch try ConnectCall.open(request, bytesMax: bytesMax) {
                case .failure(let refused): return refused.response
                case .success(let call): return try call.answer(try handler(call, request, app), headers: headers)
                }
            }
        }
    }

    /// Asked by nginx before it reads a large body. Never 401: nginx would hand a browser's challenge on.
    @Sendable private static func isRunner(_ request: Request, _: Caller, _ app: App) throws -> Response {
        do {
            _ = try app.runner(of: request)
            return .noContent
        } catch let failure as Failure where failure.kind == .unauthenticated {
            return .text(403, "\(failure.message)\n")
        }
    }

    @Sendable static func ping(_ message: Ping_V1_PingRequest, _ request: Request, _ app: App) -> Ping_V1_PingResponse {
        var answer = Ping_V1_PingResponse()
        answer.data = "Hello, \(message.data)!"
        return answer
    }

    @Sendable static func register(
        _ message: Runner_V1_RegisterRequest, _ request: Request, _ app: App
    ) throws -> Runner_V1_RegisterResponse {
        guard !message.token.isEmpty, !message.name.isEmpty else {
            throw Failure(.invalid, "missing runner token, name")
        }
        // The token of an owner or repository that is gone went with it.
        guard let grant = try app.registrationTokens.known(hash: Token.hash(message.token)) else {
            throw Failure(.invalid, "runner registration token not found")
        }
        guard grant.isActive else {
            throw Failure(
                .invalid, "runner registration token has been invalidated, please use the latest one")
        }
        let sent = message.labels.isEmpty ? message.agentLabels : message.labels
        let token = Token.make()
        guard
            let runner = try app.runners.register(
                name: cut(message.name, bytesMax: RunnerLimits.nameBytesMax),
                version: cut(message.version, bytesMax: RunnerLimits.versionBytesMax), labels: try checkedLabels(sent),
                capabilities: try checkedCapabilities(message.capabilities), ephemeral: message.ephemeral,
                tokenHash: Token.hash(token),
                scope: grant.scope)
        else { throw Failure(.fault, "the runner was not stored") }
        var answer = Runner_V1_RegisterResponse()
        answer.runner = wire(runner)
        answer.runner.token = token
        return answer
    }

    @Sendable static func declare(
        _ message: Runner_V1_DeclareRequest, _ request: Request, _ app: App
    ) throws -> Runner_V1_DeclareResponse {
        let runner = try app.runner(of: request)
        // Asked of the database: that an ephemeral runner was given its one job may not have been announced yet.
        if runner.ephemeral, try app.runners.runner(uuid: runner.uuid)?.isSpent ?? true {
            throw Failure(.unauthenticated, "unregistered runner")
        }
        let updated = try app.runners.declare(
            runner, version: cut(message.version, bytesMax: RunnerLimits.versionBytesMax),
            labels: try checkedLabels(message.labels), capabilities: try checkedCapabilities(message.capabilities))
        app.polls.forget(uuid: runner.uuid)
        var answer = Runner_V1_DeclareResponse()
        answer.runner = wire(updated ?? runner)
        return answer
    }

    private static func wire(_ runner: Runner) -> Runner_V1_Runner {
        var out = Runner_V1_Runner()
        out.id = runner.id.number
        out.uuid = runner.uuid
        out.name = runner.name
        out.version = runner.version
        out.labels = runner.labels
        out.ephemeral = runner.ephemeral
        out.status = .idle
        return out
    }

    /// Lists beyond their limits are cut, not refused: a job's result must not be lost for them.
    @Sendable static func updateTask(
        _ call: ConnectCall, _ request: Request, _ app: App
    ) throws -> Runner_V1_UpdateTaskResponse {
        // Before the body is decoded: only runners may make us do so.
        let runner = try app.runner(of: request, reports: true)
        let message = try call.cutting(UpdateTaskLists.cut).message(Runner_V1_UpdateTaskRequest.self)
        let task = TaskID(message.state.id)
        let conclusion = Conclusion(rawValue: Int64(message.state.result.rawValue))
        // Most reports of a running task say what the one before said.
        let digest = Heartbeats.digest(request.body)
        if conclusion == nil, let outputs = app.heartbeats.repeated(task, digest: digest),
            let result = try app.tasks.heartbeat(task, by: runner)
        {
            return answer(message.state.id, result: result, outputs: outputs)
        }
        let report = try app.tasks.report(
            task, by: runner, conclusion: conclusion,
            steps: message.state.steps.prefix(TaskLimits.reportedStepsMax).map(reportedStep),
            outputs: message.outputs.map { (name: $0.key, value: $0.value) })
        if conclusion == nil {
            app.heartbeats.remember(task, digest, sentOutputs: report.sentOutputs)
        } else {
            app.heartbeats.forget(task)
        }
        return answer(message.state.id, result: report.result, outputs: report.sentOutputs)
    }

    private static func answer(_ id: Int64, result: Int, outputs: [String]) -> Runner_V1_UpdateTaskResponse {
        var answer = Runner_V1_UpdateTaskResponse()
        answer.state.id = id
        answer.state.result = Runner_V1_Result(rawValue: result) ?? .cancelled
        answer.sentOutputs = outputs
        return answer
    }

    private static func reportedStep(_ step: Runner_V1_StepState) -> ReportedStep {
        ReportedStep(
            position: step.id, result: Int64(step.result.rawValue),
            startedAt: step.hasStartedAt ? Instant(wire: step.startedAt).microseconds : nil,
            stoppedAt: step.hasStoppedAt ? Instant(wire: step.stoppedAt).microseconds : nil,
            logIndex: max(0, step.logIndex),
            logLength: max(0, step.logLength))
    }
}

/// Labels as they are stored: their names alone.
///
/// - Throws: `.invalid` naming the one that cannot be a label.
package func checkedLabels(_ sent: [String]) throws -> [String] {
    guard sent.count <= RunnerLimits.labelsMax else {
        throw Failure(.invalid, "\(sent.count) labels; a runner may have at most \(RunnerLimits.labelsMax)")
    }
    return try sent.map { label in
        guard !label.isEmpty, label.utf8.count <= RunnerLimits.labelBytesMax, !label.utf8.contains(0) else {
            throw Failure(.invalid, "label \"\(label)\" must be 1 to \(RunnerLimits.labelBytesMax) bytes")
        }
        return labelName(label)
    }
}

/// What a runner says it can do. Those that nobody here knows are kept: a newer server may.
private func checkedCapabilities(_ sent: [String]) throws -> [String] {
    guard sent.count <= RunnerLimits.capabilitiesMax,
        sent.allSatisfy({ $0.utf8.count <= RunnerLimits.labelBytesMax && !$0.utf8.contains(0) })
    else {
        throw Failure(
            .invalid,
            "\(sent.count) capabilities; a runner may have at most \(RunnerLimits.capabilitiesMax), each of at most "
                + "\(RunnerLimits.labelBytesMax) bytes")
    }
    return sent
}

extension App {
    /// The runner of a call (runner.md 1.5). Unknown uuid and wrong token are one error, so that uuids cannot be probed.
    ///
    /// - Parameter reports: the call tells of a task, so the runner works on something.
    func runner(of request: Request, reports: Bool = false) throws -> Runner {
        guard let uuid = request.header("x-runner-uuid"), let token = request.header("x-runner-token"),
            isUUID(uuid)
        else { throw Failure(.unauthenticated, "unregistered runner") }
        let key = uuid.lowercased()
        let hash = Token.hash(token)
        let runner: Runner
        if let cached = polls.runner(uuid: key) {
            runner = cached
        } else {
            let mark = polls.changes(of: key)
            guard let found = try runners.runner(uuid: key) else {
                throw Failure(.unauthenticated, "unregistered runner")
            }
            polls.keep(found, since: mark)
            runner = found
        }
        guard Token.equal(hash, runner.tokenHash) else { throw Failure(.unauthenticated, "unregistered runner") }
        calls.heard(runner.id, reports: reports)
        return runner
    }
}
