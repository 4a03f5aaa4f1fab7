import Client
import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

enum FetchLimits {
    /// No claim begins later than this before the client gives up: it could not be delivered (runner.md 1.2).
    static let claimMarginMicroseconds: Int64 = 250_000
}

/// FetchTask and FetchSingleTask, held in the poll lane until there is a job or the time is over
/// (runner.md 2.5, 2.6, 3; DESIGN section 2).
struct FetchTask: Sendable {
    static let all: [Endpoint] = [
        endpoint(.fetchTask, "Wait for tasks."),
        endpoint(.fetchSingleTask, "Wait for one task, or for that of one job."),
    ]

    private static func endpoint(_ rpc: Poll.RPC, _ summary: String) -> Endpoint {
        let access: Web.Access<App, Called<Runner>> = Web.Access<App, Runner>.runner.calling()
        return Endpoint(
            holding: .every, RunnerCallRoutes.service + rpc.rawValue, access,
            body: .message("runner.v1.\(rpc.rawValue)Request", bytesMax: LaneLimits.pollBodyBytesMax),
            answers: [.message("runner.v1.\(rpc.rawValue)Response"), .failure(401)], summary
        ) { hold, request, called, app in
            let poll = try Poll(
                rpc, called.call, request, hold, pollHoldSeconds: app.configuration.pollHoldSeconds)
            try FetchTask(app: app).begin(poll, called.context)
        }
    }

    let app: App

    private func begin(_ poll: Poll, _ runner: Runner) throws {
        // Not a reason for an error: it takes up work soon after it is enabled (runner.md 3.1).
        guard !runner.disabled else { return try poll.answerNothing(conclusive: false) }
        if let key = poll.requestKey, app.caches.polls.mayRecover(runner.id) {
            switch try app.claims.recover(requestKey: key, of: runner) {
            case .claimed(let found): if try deliver(found, poll) { return }
            case .keyIsBusy: throw Self.keyIsBusy
            case .nothing, .inconclusive: break
            }
        }
        guard try !isSpent(runner) else { return try poll.answerNothing(conclusive: true) }
        // Many requests stand before this one: rather nothing proven than a queue that outlives its clients.
        guard poll.hold.depth() < app.configuration.looksMax else { return try poll.answerNothing(conclusive: false) }
        try look(poll)
    }

    private static let keyIsBusy = Failure(.busy, "request key is currently locked; retry soon")

    /// An ephemeral runner has one job in its life: none while it runs, and no entry afterwards (runner.md 3.6).
    private func isSpent(_ runner: Runner) throws -> Bool {
        guard runner.isSpent else { return false }
        // What is remembered may be older than the return of its job to the queue, which gives it another life: told that it
        // is gone, a runner ends for good.
        switch try app.runners.ephemeralState(of: runner.id) {
        case .unspent: return false
        case .working: return true
        case .spent: throw Failure(.unauthenticated, "unregistered runner")
        }
    }

    /// Looks unless nothing can be there, then parks. Every wake-up comes back here.
    private func look(_ poll: Poll) throws {
        // Asked again at each wake-up: it may have been disabled or given other labels meanwhile. Costs no query.
        let runner = try app.runner(of: poll.request)
        let scope = PollScope(runner)
        while true {
            // The client left, or is about to: a claim now could not be delivered.
            if poll.hold.held.isGone() { return poll.hold.answer(.noContent) }
            guard !runner.disabled, Clock.monotonicMicroseconds() < poll.claimBefore else {
                return try poll.answerNothing(conclusive: false)
            }
            let mark = app.caches.polls.mark
            if !app.caches.polls.isKnownEmpty(scope) {
                switch try claim(for: runner, poll) {
                case .claimed(let claimed):
                    // Those that could not be made into a message have failed; there may be others behind them.
                    if try deliver(claimed, poll) { return }
                    continue
                case .keyIsBusy: throw Self.keyIsBusy
                case .inconclusive: return try poll.answerNothing(conclusive: false)
                case .nothing: if poll.handle == nil { app.caches.polls.sawNothing(scope, since: mark) }
                }
            }
            guard Clock.monotonicMicroseconds() < poll.holdUntil else {
                return try poll.answerNothing(conclusive: true)
            }
            if app.caches.polls.park(waiter(poll, scope), since: mark) { return }
            if app.caches.polls.isStopping { return try poll.answerNothing(conclusive: false) }
        }
    }

    private func claim(for runner: Runner, _ poll: Poll) throws -> ClaimOutcome {
        let sets = try app.caches.polls.eligibleSets(for: runner) { try app.runners.labelSets($0) }
        return try app.claims.claim(
            ClaimRequest(
                runner: runner, labelSets: sets, capacity: poll.capacity, handle: poll.handle,
                requestKey: poll.requestKey))
    }

    private func waiter(_ poll: Poll, _ scope: PollScope) -> ParkedPolls.Waiter {
        ParkedPolls.Waiter(
            scope: scope, deadline: poll.holdUntil,
            look: { poll.hold.work { try look(poll) } },
            giveUp: { poll.hold.now { try poll.answerNothing(conclusive: !app.caches.polls.isStopping) } },
            isGone: poll.hold.held.isGone)
    }

    /// Answers with the tasks whose message could be made; the others fail with the reason (go-gitea/gitea#37586).
    ///
    /// - Returns: false when there was none to answer with: nothing was answered yet.
    private func deliver(_ claimed: [Claimed], _ poll: Poll) throws -> Bool {
        var tasks: [Runner_V1_Task] = []
        var delivered: [Assignment] = []
        for one in claimed {
            do {
                let message = TaskMessage(app: app)
                tasks.append(
                    try message.make(one.assignment, token: one.token, base: app.base(of: poll.request)))
                delivered.append(one.assignment)
            } catch {
                let job = one.assignment
                app.log.error("job cannot be prepared", metadata: ["job_id": "\(job.job)", "err": "\(error)"])
                try app.runs.apply(
                    .job(job.job, .unbuildable(job.task)), to: job.run, problem: "this job cannot be prepared: \(error)"
                )
            }
        }
        guard !tasks.isEmpty else { return false }
        do {
            try poll.answer(tasks)
        } catch {
            // Not delivered: back to the queue, where it stood (runner.md 3.4).
            for one in delivered { try app.runs.apply(.job(one.job, .released(one.task)), to: one.run) }
            if !(error is Poll.ClientGone) { throw error }
            return true
        }
        for one in delivered {
            app.log.info(
                "task assigned", metadata: ["task_id": "\(one.task)", "job_id": "\(one.job)", "run_id": "\(one.run)"])
        }
        return true
    }
}
