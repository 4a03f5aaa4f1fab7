import Foundation
import RunnerProto

/// One task from its receipt to its final report.
struct TaskExecution: Sendable {
    let task: Runner_V1_Task
    let client: RunnerClient
    let settings: EmbeddedRunner.Settings
    let cancel: JobCancel
    let log: Log

    private struct Outcome {
        var result: Runner_V1_Result
        var outputs: [String: String] = [:]
    }

    func run() async {
        let directory = "\(settings.workDirectory)/millrace-task-\(task.id)-\(UUID().uuidString)"
        defer { removeTree(directory) }
        let facts = [("task_id", String(task.id))]
        log.write(.info, "task begins", facts)

        let payload = String(decoding: task.workflowPayload, as: UTF8.self)
        let context = TaskContext(task)
        let report: TaskReport
        let outcome: Outcome
        do {
            let workflow = try TaskWorkflow(payload: payload)
            let invocation = ActInvocation(
                directory: directory, task: task, context: context, workflow: workflow, settings: settings)
            report = TaskReport(
                task: task, stepIDs: workflow.stepIDs, mask: invocation.mask, client: client, cancel: cancel, log: log)
            let reporting = Task { await report.run() }
            outcome = await settle(await execute(invocation, report), report)
            await report.stop()
            await reporting.value
        } catch {
            let reason = (error as? TaskWorkflow.Unreadable)?.reason ?? String(describing: error)
            report = TaskReport(
                task: task, stepIDs: [], mask: SecretMask(task.secrets.values), client: client, cancel: cancel, log: log
            )
            await report.row("could not read the workflow of this job: \(reason)")
            outcome = Outcome(result: .failure)
        }
        await report.finish(outcome.result, outputs: outcome.outputs)
        log.write(.info, "task ends", facts + [("result", "\(outcome.result)")])
    }

    /// The outcome to report: a cancelled job is cancelled whatever act made of it, and outputs keep the protocol's limits.
    private func settle(_ outcome: Outcome, _ report: TaskReport) async -> Outcome {
        if let reason = cancel.reason {
            await report.row("job cancelled: \(reason)")
            return Outcome(result: .cancelled)
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

    private func execute(_ invocation: ActInvocation, _ report: TaskReport) async -> Outcome {
        await report.row("Job of task \(task.id) on runner \"\(settings.name)\"")
        do {
            try ActInvocation.makeDirectories(invocation.directory)
            guard await checkOut(invocation, report) else { return Outcome(result: .failure) }
            guard cancel.reason == nil else { return Outcome(result: .cancelled) }
            try invocation.writeFiles()
            let (status, complaints) = try await runAct(invocation, report)
            return await outcome(invocation, report, status: status, complaints: complaints)
        } catch {
            await report.row("::error::could not run the job: \(error)")
            return Outcome(result: .failure)
        }
    }

    /// Fetches the repository. False when that failed and a step needs it.
    private func checkOut(_ invocation: ActInvocation, _ report: TaskReport) async -> Bool {
        guard let checkout = Checkout(invocation.context, fallback: settings.server) else { return true }
        let environment = ActInvocation.environment(directory: invocation.directory)
        guard
            let failure = await checkout.run(
                into: invocation.checkoutDirectory, environment: environment, cancel: cancel)
        else { return true }
        let isNeeded = invocation.workflow.usesCheckout
        await report.row("\(isNeeded ? "::error::" : "")could not check out \(checkout.address) at \(checkout.commit)")
        for line in failure.split(separator: "\n") { await report.row(String(line)) }
        return !isNeeded
    }

    /// Runs act to its end.
    ///
    /// - Returns: its exit status and what it said that belongs to no job.
    private func runAct(_ invocation: ActInvocation, _ report: TaskReport) async throws -> (Int32, [String]) {
        let child = try ChildProcess(
            settings.act, invocation.arguments, environment: ActInvocation.environment(directory: invocation.directory),
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
            return Outcome(result: result, outputs: written.outputs ?? [:])
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
