import Domain
import Foundation
import Glibc
import Logging
import RunnerProto
import SwiftProtobuf

/// What the server hears of one task: rows and states, one call at a time, repeated until they are acknowledged.
///
/// Rows stay here until acked, so an outage of the server costs memory, not log. States carry no result before ``finish``:
/// outputs and result go in one call (runner.md 4.6).
actor TaskReport {
    private let client: RunnerClient
    private let cancel: JobCancel
    private let log: Logger
    private let taskID: Int64
    private var mask: SecretMask
    private let exact: ExactText
    /// Text of each step's summary so far, by position.
    private var summaries: [Int: [UInt8]] = [:]
    private var progress: JobProgress
    private let startedAt = Google_Protobuf_Timestamp(now: ())

    /// Rows the server has not acknowledged; the first has number `acked`.
    private var pending: [Runner_V1_LogRow] = []
    private var acked: Int64 = 0
    /// The log cannot be continued: archived, or not ours any more.
    private var logIsClosed = false
    private var stateIsDue = true
    private var isFinishing = false

    init(
        task: Runner_V1_Task, stepIDs: [String?], mask: SecretMask, exact: ExactText, client: RunnerClient,
        cancel: JobCancel, log: Logger
    ) {
        self.exact = exact
        taskID = task.id
        progress = JobProgress(stepIDs: stepIDs)
        self.mask = mask
        self.client = client
        self.cancel = cancel
        self.log = log
    }

    var jobResult: Runner_V1_Result? { progress.result }
    var hasBegun: Bool { progress.hasBegun }

    /// Adds one row, masked and cut.
    func row(_ text: String) {
        guard !logIsClosed else { return }
        pending.append(
            .with {
                $0.time = Google_Protobuf_Timestamp(now: ())
                $0.content = cut(mask.masked(exact.restored(text)), bytesMax: EmbeddedRunnerLimits.rowBytesMax)
            })
    }

    /// Takes one line of act that belongs to the job.
    func take(_ line: ActLine) {
        // act hides such a value in its own texts, but not in the fields we read.
        if line.command == "add-mask", let value = line.argument { mask.hide(exact.restored(value)) }
        if let step = progress.summaryStep(line) { summaries[step, default: []] += Array((line.content ?? "").utf8) }
        let rows = line.rows
        let first = acked + Int64(pending.count)
        let stepChanged = progress.take(
            line, row: first, rowCount: Int64(rows.count), isCancelled: cancel.reason != nil,
            at: Google_Protobuf_Timestamp(now: ()))
        if stepChanged { stateIsDue = true }
        for text in rows { row(text) }
    }

    /// Reports until the job is over. Failing calls are repeated with growing pauses; the job goes on meanwhile.
    package func run() async {
        var backoff = Backoff()
        var logAt = ContinuousClock.now
        var stateAt = ContinuousClock.now - EmbeddedRunnerLimits.stateInterval
        var isFailing = false
        while !isFinishing {
            let now = ContinuousClock.now
            do {
                if pending.count >= EmbeddedRunnerLimits.rowsPendingDue
                    || (!pending.isEmpty && now >= logAt + EmbeddedRunnerLimits.logInterval)
                {
                    logAt = now
                    try await sendRows(noMore: false)
                }
                if stateIsDue || now >= stateAt + EmbeddedRunnerLimits.stateInterval {
                    stateAt = now
                    try await sendState()
                }
                if isFailing { log.info("reports are taken again", metadata: ["task_id": "\(String(taskID))"]) }
                isFailing = false
                backoff.reset()
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                if !isFailing {
                    log.warning(
                        "could not report, trying again",
                        metadata: ["task_id": "\(String(taskID))", "err": "\(words(error))"])
                }
                isFailing = true
                await waitUnlessFinishing(backoff.pause())
            }
        }
    }

    /// The end: all rows, `no_more`, then the result with the outputs. Returns when the server has them, or when patience is over.
    ///
    /// Call it once, after the last row. ``run`` ends by it; a call of it that is under way is waited for by the caller.
    package func finish(_ result: Runner_V1_Result, outputs: [String: String]) async {
        progress.close(result, at: Google_Protobuf_Timestamp(now: ()))
        let deadline = ContinuousClock.now + EmbeddedRunnerLimits.finalReportPatience
        await persist(until: deadline, "final log") {
            repeat { try await sendRows(noMore: true) } while !pending.isEmpty
        }
        await persist(until: deadline, "final state") {
            let answer = try await client.updateTask(
                .with {
                    $0.state = state(result)
                    $0.outputs = outputs
                })
            let missing = Set(outputs.keys).subtracting(answer.sentOutputs)
            if !missing.isEmpty {
                log.warning(
                    "outputs were not stored",
                    metadata: ["task_id": "\(String(taskID))", "keys": "\(missing.sorted().joined(separator: " "))"])
            }
        }
    }

    /// Sends what the steps wrote to `$GITHUB_STEP_SUMMARY`, while the task is live. What the server will not have is said
    /// in the log: nothing is dropped without a word.
    func sendSummaries(to place: SummaryAddress) async {
        for (step, text) in summaries.sorted(by: { $0.key < $1.key }) {
            let shown = Array(mask.masked(exact.restored(String(decoding: text, as: UTF8.self))).utf8)
            guard shown.count <= EmbeddedRunnerLimits.summaryBytesMax else {
                row(
                    "::warning::the summary of step \(step + 1) has \(shown.count) bytes "
                        + "(\(EmbeddedRunnerLimits.summaryBytesMax) allowed) and was left out")
                continue
            }
            var problem: RPCFailure?
            for pause in [Duration.seconds(1), .seconds(4), nil] {
                do {
                    try await client.putSummary(shown, at: place.step(step), token: place.token)
                    problem = nil
                } catch {
                    problem = error as? RPCFailure ?? RPCFailure(code: "unknown", message: "\(error)")
                }
                guard let pause, problem?.code == "unavailable" else { break }
                try? await Task.sleep(for: pause)
            }
            if let problem { row("::warning::could not store the summary of step \(step + 1): \(problem.message)") }
        }
    }

    /// Ends ``run`` at its next step.
    package func stop() { isFinishing = true }

    private func waitUnlessFinishing(_ pause: Duration) async {
        let end = ContinuousClock.now + pause
        while !isFinishing, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(100)) }
    }

    private func persist(until deadline: ContinuousClock.Instant, _ what: String, _ call: () async throws -> Void) async
    {
        var backoff = Backoff()
        while true {
            do {
                return try await call()
            } catch {
                let isFinal = (error as? RPCFailure)?.isLostTask ?? false
                if isFinal || ContinuousClock.now > deadline {
                    return log.error(
                        "could not deliver the final report",
                        metadata: ["task_id": "\(String(taskID))", "part": "\(what)", "err": "\(words(error))"])
                }
                try? await Task.sleep(for: backoff.pause())
            }
        }
    }

    /// Sends one batch of rows from the first that is not acked. `noMore` is said with the last rows, not after them:
    /// some servers never archive on an empty one (go-gitea/gitea#37623).
    private func sendRows(noMore: Bool) async throws {
        guard !logIsClosed else { return }
        var bytes = 0
        let batch = pending.prefix(EmbeddedRunnerLimits.rowsPerCallMax).prefix { row in
            bytes += row.content.utf8.count + 32
            return bytes <= EmbeddedRunnerLimits.bytesPerCallMax
        }
        do {
            let answer = try await client.updateLog(
                .with {
                    $0.taskID = taskID
                    $0.index = acked
                    $0.rows = Array(batch)
                    $0.noMore = noMore && batch.count == pending.count
                })
            let taken = answer.ackIndex - acked
            // Fewer than once acked: rows are lost on the server and gone here (runner.md 5.1). More than sent: not ours.
            guard (0...Int64(batch.count)).contains(taken) else {
                return closeLog(
                    "the server acknowledged row \(answer.ackIndex), sent were \(acked) to \(acked + Int64(batch.count))"
                )
            }
            pending.removeFirst(Int(taken))
            acked = answer.ackIndex
            if taken == 0, !batch.isEmpty { throw RPCFailure(code: "unavailable", message: "the server took no row") }
        } catch let error as RPCFailure where error.code == "already_exists" || error.isLostTask {
            closeLog(error.message)
            if error.isLostTask { cancel.request("the server does not know this task any more") }
        }
    }

    private func closeLog(_ reason: String) {
        logIsClosed = true
        pending = []
        log.error("could not continue the log", metadata: ["task_id": "\(String(taskID))", "err": "\(reason)"])
    }

    private func sendState() async throws {
        stateIsDue = false
        do {
            let answer = try await client.updateTask(.with { $0.state = state(.unspecified) })
            // Any result while the job runs means that the server has ended it (runner.md 4.3, 4.4).
            if answer.state.result != .unspecified { cancel.request("the server cancelled the job") }
        } catch {
            stateIsDue = true
            guard let failure = error as? RPCFailure, failure.isLostTask else { throw error }
            cancel.request("the server does not know this task any more")
            throw error
        }
    }

    private func state(_ result: Runner_V1_Result) -> Runner_V1_TaskState {
        .with {
            $0.id = taskID
            $0.result = result
            $0.startedAt = startedAt
            if result != .unspecified { $0.stoppedAt = Google_Protobuf_Timestamp(now: ()) }
            $0.steps = progress.steps
        }
    }
}

extension Google_Protobuf_Timestamp {
    /// The wall clock, to the microsecond.
    init(now: Void) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        self.init(seconds: Int64(time.tv_sec), nanos: Int32(time.tv_nsec / 1000 * 1000))
    }
}

/// An error in words for a log line.
package func words(_ error: any Error) -> String {
    (error as? RPCFailure).map { "\($0.code): \($0.message)" } ?? String(describing: error)
}
