import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf

/// FetchTask, held in the poll lane until there is a job or the time is over (runner.md 2.5, 3; DESIGN 2).
struct FetchTask: Sendable {
    /// Clients give up after 5 s and complain about it; answer before (runner.md 7.5).
    static let holdWithDeadlineMicroseconds: Int64 = 3_500_000
    static let answerMarginMicroseconds: Int64 = 1_000_000

    let app: App
    let pool: WorkerPool

    /// Called by the epoll thread; the work is done by the pool.
    func handle(_ held: HeldRequest) {
        pool.run {
            do {
                guard held.request.rawPath.hasSuffix("/runner.v1.RunnerService/FetchTask") else {
                    throw Failure(.missing, "not found")
                }
                switch try ConnectCall.open(held.request) {
                case .failure(let refused): held.answer(refused.response)
                case .success(let call): try poll(call, held)
                }
            } catch {
                held.answer(Router.render(error, held.request, app))
            }
        }
    }

    private func poll(_ call: ConnectCall, _ held: HeldRequest) throws {
        _ = try call.message(Runner_V1_FetchTaskRequest.self)
        let runner = try app.runner(of: held.request)
        let key = held.request.header("x-runner-request-key")
        if let key, key.utf8.count > RunnerLimits.requestKeyBytesMax {
            throw Failure(
                .invalid, "x-runner-request-key is \(key.utf8.count) bytes; at most \(RunnerLimits.requestKeyBytesMax)")
        }
        guard !runner.disabled else { return try answerNothing(call, held, conclusive: false) }
        if let key, app.polls.mayRecover(runner.id) {
            let token = Token.make()
            if let found = try app.tasks.recover(by: runner, requestKey: key, tokenHash: Token.hash(token)) {
                return try deliver(found, token: token, call, held)
            }
        }
        var hold = Int64(app.configuration.pollHoldSeconds * 1_000_000)
        if let timeout = call.timeoutMilliseconds {
            hold = min(hold, Self.holdWithDeadlineMicroseconds, timeout * 1000 - Self.answerMarginMicroseconds)
        }
        let deadline = Clock.monotonicMicroseconds() + max(0, hold)
        try look(runner, key: key, call, held, deadline: deadline)
    }

    /// Looks unless nothing can be there, then parks. Every wake-up comes back here.
    private func look(
        _ runner: Runner, key: String?, _ call: ConnectCall, _ held: HeldRequest, deadline: Int64
    ) throws {
        let scope = ParkedPolls.Scope(runner)
        while true {
            // The client left: a claim now could not be delivered (runner.md 1.2).
            if held.isGone() { return held.answer(.noContent) }
            let mark = app.polls.mark
            if !app.polls.knownEmpty(scope) {
                let sets = try app.polls.eligibleSets(for: runner) { try app.runners.labelSets(after: $0) }
                let token = Token.make()
                let found = try app.tasks.claim(
                    by: runner, labelSets: sets, tokenHash: Token.hash(token), requestKey: key)
                if let assignment = found.assignment { return try deliver(assignment, token: token, call, held) }
                guard found.isConclusive else { return try answerNothing(call, held, conclusive: false) }
                app.polls.sawNothing(scope, since: mark)
            }
            guard deadline > Clock.monotonicMicroseconds() else {
                return try answerNothing(call, held, conclusive: true)
            }
            let waiter = ParkedPolls.Waiter(
                runner: runner, deadline: deadline,
                look: {
                    pool.run {
                        do { try look(runner, key: key, call, held, deadline: deadline) } catch {
                            held.answer(Router.render(error, held.request, app))
                        }
                    }
                },
                giveUp: {
                    held.answer((try? Self.nothing(call, conclusive: !app.polls.isStopping)) ?? .noContent)
                },
                isGone: held.isGone)
            if app.polls.park(waiter, since: mark) { return }
            if app.polls.isStopping { return try answerNothing(call, held, conclusive: false) }
        }
    }

    /// `tasks_version` is never a reason for us not to look, so it is constant: 1, and 0 when the look proves nothing.
    private static func nothing(_ call: ConnectCall, conclusive: Bool) throws -> Response {
        var answer = Runner_V1_FetchTaskResponse()
        answer.tasksVersion = conclusive ? 1 : 0
        return try call.answer(answer)
    }
    private func answerNothing(_ call: ConnectCall, _ held: HeldRequest, conclusive: Bool) throws {
        held.answer(try Self.nothing(call, conclusive: conclusive))
    }

    private func deliver(_ assignment: Assignment, token: String, _ call: ConnectCall, _ held: HeldRequest) throws {
        do {
            var answer = Runner_V1_FetchTaskResponse()
            answer.tasksVersion = 1
            answer.task = try TaskMessage(app: app).make(assignment, token: token, base: app.configuration.publicURL)
            let response = try call.answer(answer)
            if held.isGone() { throw ClientGone() }
            held.answer(response)
            app.log.write(
                .info, "task assigned",
                [("task_id", "\(assignment.task)"), ("job_id", "\(assignment.job)"), ("run_id", "\(assignment.run)")])
        } catch {
            // Not delivered: the job goes back to the queue (runner.md 3.4).
            try app.runs.apply(.job(assignment.job, .released(assignment.task)), to: assignment.run)
            if !(error is ClientGone) { throw error }
        }
    }
    private struct ClientGone: Error {}
}
