import Client
import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// What runners tell of their tasks (runner.md 4, 5).
enum TaskRoutes {
    static let all: [Endpoint] = [
        .reading(
            RunnerCallRoutes.service + "UpdateTask", .reportingRunner,
            body: .message("runner.v1.UpdateTaskRequest", bytesMax: ConnectLimits.messageBytesMax),
            "Take the state of a task and its outputs.", updateTask),
        .reading(
            UpdateLog.path, .reportingRunner, body: .stream(bytesMax: LaneLimits.streamedBodyBytesMax),
            "Take rows of a task's log.", UpdateLog.answer),
    ]

    /// Lists beyond their limits are cut, not refused: a job's result must not be lost for them.
    @Sendable static func updateTask(
        _ call: ConnectCall, _ runner: Runner, _ request: Request, _ app: App
    ) throws -> Runner_V1_UpdateTaskResponse {
        let message = try call.cutting(UpdateTaskLists.cut).message(Runner_V1_UpdateTaskRequest.self)
        let task = TaskID(message.state.id)
        let conclusion = Conclusion(rawValue: Int64(message.state.result.rawValue))
        // Most reports of a running task say what the one before said.
        let digest = Heartbeats.digest(request.body)
        if conclusion == nil, let outputs = app.caches.heartbeats.repeated(task, digest: digest),
            let result = try app.tasks.heartbeat(task, by: runner)
        {
            return answer(message.state.id, result: result, outputs: outputs)
        }
        let report = try app.tasks.report(
            task, by: runner, conclusion: conclusion,
            steps: message.state.steps.prefix(TaskLimits.reportedStepsMax).map(reportedStep),
            outputs: message.outputs.map { (name: $0.key, value: $0.value) })
        if conclusion == nil {
            app.caches.heartbeats.remember(task, digest, sentOutputs: report.sentOutputs)
        } else {
            app.caches.heartbeats.forget(task)
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
