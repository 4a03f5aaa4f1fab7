import Foundation
import Logging
import RunnerProto

/// One task from its receipt to its final report.
struct TaskExecution: Sendable {
    let task: Runner_V1_Task
    let client: RunnerClient
    let settings: EmbeddedRunner.Settings
    let cancel: JobCancel
    package let log: Logger

    private struct Outcome {
        var result: Runner_V1_Result
        var outputs: [String: String] = [:]
    }

    package func run() async {
        let directory = "\(settings.workDirectory)/millrace-task-\(task.id)-\(UUID().uuidString)"
        defer { removeTree(directory) }
        var log = self.log
        log[metadataKey: "task_id"] = "\(task.id)"
        log.info("task begins")

        let payload = String(decoding: task.workflowPayload, as: UTF8.self)
        let context = TaskContext(task)
        let report: TaskReport
        let outcome: Outcome
        do {
            let workflow = try TaskWorkflow(payload: payload)
            let invocation = ActInvocation(
                directory: directory, task: task, context: context, workflow: workflow, settings: settings)
            report = TaskReport(
                task: task, stepIDs: workflow.stepIDs, mask: invocation.mask, exact: invocation.exact, client: client,
                cancel: cancel, log: log)
            let reporting = Task { await report.run() }
            let alarm = alarm(workflow.timeout)
            outcome = await settle(await execute(invocation, report), report)
            alarm?.cancel()
            if let place = SummaryAddress(context) { await report.sendSummaries(to: place) }
            await report.stop()
            await reporting.value
        } catch {
            let reason = (error as? TaskWorkflow.Unreadable)?.reason ?? String(describing: error)
            report = TaskReport(
                task: task, stepIDs: [], mask: SecretMask(task.secrets.values), exact: ExactText(), client: client,
                cancel: cancel, log: log)
            await report.row("could not read the workflow of this job: \(reason)")
            outcome = Outcome(result: .failure)
        }
        await report.finish(outcome.result, outputs: outcome.outputs)
        log.info("task ends", metadata: ["result": "\(outcome.result)"])
    }

    /// The outcome to report: a cancelled job is cancelled whatever act made of it, and outputs keep the protocol's limits.
    private func settle(_ outcome: Outcome, _ report: TaskReport) async -> Outcome {
        if let reason = cancel.reason {
            await report.row(cancel.isTimeout ? "::error::\(reason)" : "job cancelled: \(reason)")
            return Outcome(result: cancel.isTimeout ? .failure : .cancelled)
        }
        var outcome = outcome
        for (key, value) in outcome.outputs.sorted(by: { $0.key < $1.key }) {
            let (keyBytes, valueBytes) = (key.utf8.count, value.utf8.count)
            guard
                keyBytes > EmbeddedRunnerLimits.outputKeyBytesMax
                    || valueBytes > EmbeddedRunnerLimits.outputValueBytesMax
            else { continue }
            outcome.outputs[key] = nil
            await report.row(
                "::warning::output \"\(key.prefix(80))\" is dropped: \(keyBytes) bytes of name (255 allowed), "
                    + "\(valueBytes) bytes of value (1048576 allowed)")
        }
        return outcome
    }

    /// Ends the job at its `timeout-minutes`. The server watches it too, later, for runners that do not.
    private func alarm(_ timeout: Duration?) -> Task<Void, Never>? {
        guard let timeout else { return nil }
        return Task {
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            let minutes = Double(timeout.components.seconds) / 60 + Double(timeout.components.attoseconds) / 6e19
            cancel.request("the job ran longer than its timeout-minutes: \(minutes)", isTimeout: true)
        }
    }

    private func execute(_ invocation: ActInvocation, _ report: TaskReport) async -> Outcome {
        await report.row("Job of task \(task.id) on runner \"\(settings.name)\"")
        do {
            let workflow = invocation.workflow
            guard workflow.servicesLeftOut.isEmpty || settings.leavesOutServices else {
                await report.row(
                    "::error::this runner runs jobs on its host and starts no services: "
                        + "\(workflow.servicesLeftOut.joined(separator: ", ")). Give the job a runner with containers, "
                        + "or start this one with --leave-out-services and have the services elsewhere")
                return Outcome(result: .failure)
            }
            if !workflow.servicesLeftOut.isEmpty {
                await report.row(
                    "::warning::services are not started on this runner: "
                        + workflow.servicesLeftOut.joined(separator: ", "))
            }
            for step in workflow.roundedTimeouts {
                await report.row("::warning::timeout-minutes of step \(step + 1) is rounded up to whole minutes")
            }
            try ActInvocation.makeDirectories(invocation.directory)
            let actions = await ActionFetch(invocation: invocation, cancel: cancel).run()
            guard cancel.reason == nil else { return Outcome(result: .cancelled) }
            guard actions.problems.isEmpty else {
                for problem in actions.problems {
                    for (index, line) in problem.utf8.split(separator: UInt8(ascii: "\n")).enumerated() {
                        await report.row((index == 0 ? "::error::" : "") + String(Substring(line)))
                    }
                }
                return Outcome(result: .failure)
            }
            try invocation.writeFiles()
            let (status, complaints) = try await runAct(invocation, actions.sources, report)
            return await outcome(invocation, report, status: status, complaints: complaints)
        } catch {
            await report.row("::error::could not run the job: \(error)")
            return Outcome(result: .failure)
        }
    }

    /// Runs act to its end.
    ///
    /// - Returns: its exit status and what it said that belongs to no job.
    private func runAct(
        _ invocation: ActInvocation, _ actions: [String], _ report: TaskReport
    ) async throws -> (Int32, [String]) {
        let child = try ChildProcess(
            settings.act, invocation.arguments(actions: actions), environment: invocation.actEnvironment(),
            directory: invocation.directory, trackingID: "millrace_\(UUID().uuidString)")
        cancel.attach(child)
        defer { cancel.attach(nil) }
        var complaints: [String] = []
        var status: Int32 = 255
        for await output in child.output {
            switch output {
            case .exited(let code): status = code
            case .line(let text):
                let line = ActLine(text)
                if let line, line.job == invocation.workflow.job {
                    await report.take(line)
                } else if line?.job == nil, complaints.count < EmbeddedRunnerLimits.complaintLinesMax {
                    // It speaks of Docker at every start; jobs here use none.
                    if let line, line.message.contains("docker connection") { continue }
                    complaints.append(line?.message ?? text)
                }
            }
        }
        return (status, complaints)
    }

    /// What the report job wrote; else what act's lines said; else a failure, with act's complaints as the reason.
    private func outcome(
        _ invocation: ActInvocation, _ report: TaskReport, status: Int32, complaints: [String]
    ) async -> Outcome {
        struct Written: Decodable {
            let result: String
            let outputs: [String: String]?
        }
        if let bytes = FileManager.default.contents(atPath: invocation.resultFile),
            let written = try? JSONDecoder().decode(Written.self, from: bytes),
            let result = Runner_V1_Result(actWord: written.result)
        {
            if result == .skipped {
                await report.row("job skipped: its condition is false, or a job it needs did not succeed")
            }
            return Outcome(result: result, outputs: (written.outputs ?? [:]).mapValues(invocation.exact.restored))
        }
        if await report.hasBegun, let result = await report.jobResult { return Outcome(result: result) }
        guard cancel.reason == nil else { return Outcome(result: .cancelled) }
        for line in complaints { await report.row(line) }
        await report.row("::error::act ended with status \(status) and no result for the job")
        return Outcome(result: .failure)
    }
}

/// Removes a job's files. A job may have taken write permission off its directories, which stops only those who are not root.
private func removeTree(_ path: String) {
    let files = FileManager.default
    guard files.fileExists(atPath: path), (try? files.removeItem(atPath: path)) == nil else { return }
    for name in files.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
        var isDirectory: ObjCBool = false
        let inner = "\(path)/\(name)"
        guard files.fileExists(atPath: inner, isDirectory: &isDirectory), isDirectory.boolValue else { continue }
        try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: inner)
    }
    try? files.removeItem(atPath: path)
}
