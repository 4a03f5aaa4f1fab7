import Domain
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// One FetchTask or FetchSingleTask: what is asked, until when, and how it is answered.
struct Poll: Sendable {
    enum RPC: String, Sendable {
        case fetchTask = "FetchTask"
        case fetchSingleTask = "FetchSingleTask"
    }
    struct ClientGone: Error {}

    let rpc: RPC
    let call: ConnectCall
    let request: Request
    let hold: Hold
    /// Tasks the runner has room for.
    let capacity: Int
    package let handle: String?
    let requestKey: String?
    /// Monotonic microseconds: when to answer "nothing", and the last moment at which a claim makes sense.
    let holdUntil: Int64
    let claimBefore: Int64

    /// - Throws: `Failure` for a message or key that cannot be read.
    init(_ rpc: RPC, _ call: ConnectCall, _ request: Request, _ hold: Hold, pollHoldSeconds: Double) throws {
        self.rpc = rpc
        self.call = call
        self.request = request
        self.hold = hold
        switch rpc {
        case .fetchTask:
            let message = try call.message(Runner_V1_FetchTaskRequest.self)
            capacity = min(ClaimLimits.tasksMax, max(1, Int(clamping: message.taskCapacity)))
            handle = nil
        case .fetchSingleTask:
            let message = try call.message(Runner_V1_FetchSingleTaskRequest.self)
            capacity = 1
            guard message.handle.utf8.count <= RunnerLimits.handleBytesMax else {
                throw Failure(
                    .invalid, "handle is \(message.handle.utf8.count) bytes; at most \(RunnerLimits.handleBytesMax)")
            }
            handle = message.handle.isEmpty ? nil : message.handle
        }
        requestKey = request.header("x-runner-request-key")
        if let requestKey, requestKey.utf8.count > RunnerLimits.requestKeyBytesMax {
            throw Failure(
                .invalid,
                "x-runner-request-key is \(requestKey.utf8.count) bytes; at most \(RunnerLimits.requestKeyBytesMax)")
        }
        let now = Clock.monotonicMicroseconds()
        // At most ten digits (`ConnectLimits`), so it cannot overflow.
        let deadline = call.timeoutMilliseconds.map { $0 * 1000 }
        holdUntil =
            now
            + pollHold(configuredMicroseconds: Int64(pollHoldSeconds * 1_000_000), deadlineMicroseconds: deadline)
        // A client with less time than the margin is still asked for: it may be near.
        claimBefore = deadline.map { now + max($0 / 2, $0 - FetchLimits.claimMarginMicroseconds) } ?? Int64.max
    }

    /// `tasks_version` is never a reason for us not to look, so it is constant: 1, and 0 when the look proves nothing
    /// (DESIGN section 2).
    func answerNothing(conclusive: Bool) throws {
        hold.answer(try response([], version: conclusive ? 1 : 0))
    }

    /// - Throws: `ClientGone` when nobody is there to take them.
    func answer(_ tasks: [Runner_V1_Task]) throws {
        if rpc == .fetchSingleTask, tasks.count > 1 {
            throw Failure(.fault, "\(tasks.count) tasks were recovered for one FetchSingleTask")
        }
        let response = try response(tasks, version: 1)
        if hold.held.isGone() { throw ClientGone() }
        hold.answer(response)
    }

    private func response(_ tasks: [Runner_V1_Task], version: Int64) throws -> Response {
        switch rpc {
        case .fetchTask:
            var answer = Runner_V1_FetchTaskResponse()
            answer.tasksVersion = version
            if let first = tasks.first { answer.task = first }
            answer.additionalTasks = Array(tasks.dropFirst())
            return try call.answer(answer)
        case .fetchSingleTask:
            var answer = Runner_V1_FetchSingleTaskResponse()
            answer.tasksVersion = version
            if let first = tasks.first { answer.task = first }
            return try call.answer(answer)
        }
    }
}
