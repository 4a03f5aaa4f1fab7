import Dispatch
import Foundation
import Glibc
import Logging
import RunnerProto
import Synchronization

/// A host-mode runner in the server's own program: a client of the runner protocol like any other.
///
/// Registers once, declares itself at each start, then fetches tasks and executes each by act.
package final class EmbeddedRunner: Sendable {
    package struct Settings: Sendable {
        let server: ServerAddress
        let registrationToken: String
        package let name: String
        let labels: [String]
        let capacity: Int
        /// Exit after one task.
        let once: Bool
        let ephemeral: Bool
        let stateFile: String
        let workDirectory: String
        let act: String
        /// This very program: it stands before the shells of steps (``StepShim``).
        let program: String
        /// Run jobs that ask for services without them, instead of failing them.
        let leavesOutServices: Bool

        package init(
            server: ServerAddress,
            registrationToken: String,
            name: String,
            labels: [String],
            capacity: Int,
            once: Bool,
            ephemeral: Bool,
            stateFile: String,
            workDirectory: String,
            act: String,
            program: String,
            leavesOutServices: Bool
        ) {
            self.server = server
            self.registrationToken = registrationToken
            self.name = name
            self.labels = labels
            self.capacity = capacity
            self.once = once
            self.ephemeral = ephemeral
            self.stateFile = stateFile
            self.workDirectory = workDirectory
            self.act = act
            self.program = program
            self.leavesOutServices = leavesOutServices
        }

    }

    /// Why the program ends with a failure; the message is for the operator.
    package struct Stop: Error {
        package let message: String
        /// 1 found a problem, 3 could not reach something (STYLE 5).
        package let exitCode: Int32
    }

    private let settings: Settings
    private let log: Logger
    private let running = Mutex<[UUID: RunningTask]>([:])

    private struct RunningTask {
        let cancel: JobCancel
        let work: Task<Void, Never>
    }

    private enum End {
        case signal(Int32)
        case polling((any Error)?)
    }

    package init(settings: Settings, log: Logger) {
        self.settings = settings
        self.log = log
    }

    /// Works until a signal, until the one task of `once` is done, or until the server does not know this runner.
    package func run() async throws {
        let (ends, continuation) = AsyncStream<End>.makeStream()
        let signals = [SIGTERM, SIGINT].map { number in
            Glibc.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(.signal(number)) }
            source.resume()
            return source
        }
        defer { signals.forEach { $0.cancel() } }
        let polling = Task {
            do {
                try await poll(try await start())
                continuation.yield(.polling(nil))
            } catch {
                continuation.yield(.polling(error))
            }
        }
        for await end in ends {
            // A held fetch may go on for 28 s; it is not waited for. Its task, if any, goes back to the queue unheard.
            polling.cancel()
            switch end {
            case .signal(let number):
                log.info("runner stops", metadata: ["signal": "\(String(number))"])
                await finishTasks(cancelling: "the runner was stopped")
                return
            case .polling(let failure):
                await finishTasks(cancelling: nil)
                if let failure { throw failure }
                if settings.ephemeral { unlink(settings.stateFile) }
                return
            }
        }
    }

    // MARK: - Start

    /// The client of a registered and declared runner.
    private func start() async throws -> RunnerClient {
        let identity: RunnerIdentity
        do {
            if let known = try RunnerIdentity.load(settings.stateFile) {
                guard known.address == settings.server.base else {
                    throw Stop(
                        message:
                            "state file \"\(settings.stateFile)\" belongs to \(known.address); choose another --state-file",
                        exitCode: 1)
                }
                identity = known
            } else {
                identity = try await register()
            }
        } catch let error as Stop {
            throw error
        } catch {
            throw Stop(message: "could not use state file \"\(settings.stateFile)\": \(error)", exitCode: 1)
        }
        let client = RunnerClient(server: settings.server, identity: identity)
        _ = try await persist("declare") {
            try await client.declare(
                .with {
                    $0.version = Self.version
                    $0.labels = settings.labels
                    $0.capabilities = Self.capabilities
                })
        }
        log.info(
            "runner is ready",
            metadata: ["runner": "\(identity.uuid)", "labels": "\(settings.labels.joined(separator: ","))"])
        return client
    }

    private static let version = "millrace"
    /// After a cancel we report the end ourselves (runner.md 2.4, 4.4).
    private static let capabilities = ["cancelling"]

    private func register() async throws -> RunnerIdentity {
        guard !settings.registrationToken.isEmpty else {
            throw Stop(
                message: "no identity in \"\(settings.stateFile)\"; give a registration token by --token", exitCode: 2)
        }
        let client = RunnerClient(server: settings.server, identity: nil)
        let answer = try await persist("register") {
            try await client.register(
                .with {
                    $0.name = settings.name
                    $0.token = settings.registrationToken
                    $0.version = Self.version
                    $0.labels = settings.labels
                    $0.ephemeral = settings.ephemeral
                    $0.capabilities = Self.capabilities
                })
        }
        guard !answer.runner.uuid.isEmpty, !answer.runner.token.isEmpty else {
            throw Stop(message: "the server registered the runner without uuid and token", exitCode: 1)
        }
        let identity = RunnerIdentity(
            uuid: answer.runner.uuid, token: answer.runner.token, name: settings.name, address: settings.server.base,
            ephemeral: answer.runner.ephemeral)
        try identity.save(settings.stateFile)
        return identity
    }

    /// Repeats a call until it is answered; refusals that will not change end the program.
    private func persist<Answer: Sendable>(_ what: String, _ call: () async throws -> Answer) async throws -> Answer {
        var backoff = Backoff()
        while true {
            do {
                return try await call()
            } catch let failure as RPCFailure {
                try refuse(failure)
                if ["invalid_argument", "permission_denied", "unimplemented"].contains(failure.code) {
                    throw Stop(message: "the server refused to \(what): \(failure.message)", exitCode: 1)
                }
                log.warning(
                    "could not reach the server, trying again",
                    metadata: ["call": "\(what)", "err": "\(words(failure))"])
                try await Task.sleep(for: backoff.pause())
            }
        }
    }

    private func refuse(_ failure: RPCFailure) throws {
        guard failure.isUnregistered else { return }
        throw Stop(
            message: "the server does not know this runner (unregistered runner); "
                + "remove \"\(settings.stateFile)\" and start again with --token to register it anew",
            exitCode: 1)
    }

    // MARK: - Polling

    /// Fetches while there is room. The cached version follows runner.md 2.5, rules (1) to (3).
    private func poll(_ client: RunnerClient) async throws {
        var tasksVersion: Int64 = 0
        var requestKey = UUID().uuidString
        var backoff = Backoff()
        while true {
            while running.withLock({ $0.count }) >= settings.capacity { try await Task.sleep(for: .milliseconds(100)) }
            let asked = ContinuousClock.now
            do {
                let free = settings.once ? 1 : settings.capacity - running.withLock { $0.count }
                let answer = try await client.fetchTask(
                    .with {
                        $0.tasksVersion = tasksVersion
                        $0.taskCapacity = Int64(free)
                    }, requestKey: requestKey)
                requestKey = UUID().uuidString
                backoff.reset()
                tasksVersion = max(tasksVersion, answer.tasksVersion)
                if answer.hasTask {
                    if tasksVersion == answer.tasksVersion { tasksVersion = 0 }
                    for task in [answer.task] + answer.additionalTasks { begin(task, client) }
                    if settings.once { return }
                } else {
                    try await Task.sleep(until: asked + EmbeddedRunnerLimits.fetchInterval, clock: .continuous)
                }
            } catch let failure as RPCFailure {
                try Task.checkCancellation()
                try refuse(failure)
                log.warning("could not fetch, trying again", metadata: ["err": "\(words(failure))"])
                try await Task.sleep(for: backoff.pause())
            }
        }
    }

    private func begin(_ task: Runner_V1_Task, _ client: RunnerClient) {
        let key = UUID()
        let execution = TaskExecution(
            task: task, client: client, settings: settings, cancel: JobCancel(), log: log)
        running.withLock { running in
            // Not a child of the polling task: cancelling that must not cut the final report.
            let work = Task {
                await execution.run()
                _ = self.running.withLock { $0.removeValue(forKey: key) }
            }
            running[key] = RunningTask(cancel: execution.cancel, work: work)
        }
    }

    /// Waits for every task to be reported, after cancelling them if there is a reason to.
    private func finishTasks(cancelling reason: String?) async {
        let tasks = running.withLock { Array($0.values) }
        if let reason { tasks.forEach { $0.cancel.request(reason) } }
        for task in tasks { await task.work.value }
    }
}
