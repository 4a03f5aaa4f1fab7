import Domain
import Foundation
import Postgres
import Synchronization
import Web

/// The threads that act without a request. Each job is safe to run on every instance at once.
package final class Housekeeping: Sendable {
    private let app: App
    private let listener: Listener
    private let groups: WakeGroups
    private let startedAt = Instant(microseconds: Clock.nowMicroseconds())
    private let stopping = Atomic<Bool>(false)
    /// Counts the calls to look at the inbox; each of its readers remembers which it has heard.
    private let inboxRings = Atomic<Int>(1)

    package init(app: App) {
        self.app = app
        groups = WakeGroups(app: app)
        listener = Listener(
            dsn: app.configuration.listenDSN ?? app.configuration.databaseDSN,
            channels: [
                RunStore.waitingChannel, RunnerStore.changedChannel, InboxStore.channel, TaskClaims.assignedChannel,
                RunStore.groupChannel, AccountStore.changedChannel,
            ])
    }

    package func start() -> [Worker] {
        [
            Worker { [self] in listen() },
            // Apart from the sweeps: parked polls are answered in time whatever PostgreSQL does.
            Worker { [self] in
                every(milliseconds: 100, "expire polls") {
                    app.caches.polls.expire()
                    app.caches.readiness.expire()
                }
            },
            Worker { [app] in app.caches.readiness.run() },
            Worker { [self] in sweep() },
            Worker(stackBytes: 4 * 1024 * 1024) { [self] in schedule() },
        ] + inboxReaders() + logSweeps() + artifactSweeps() + webhookSenders()
    }

    package func stop() {
        stopping.store(true, ordering: .relaxed)
        listener.stop()
    }

    private func listen() {
        listener.run(
            onReconnect: { [self] in
                app.caches.polls.listening()
                app.caches.credentials.listening()
                inboxRings.add(1, ordering: .relaxed)
            },
            onNotification: { [self] note in
                switch note.channel {
                case RunnerStore.changedChannel: app.caches.polls.forget(uuid: note.payload)
                case AccountStore.changedChannel: app.caches.credentials.forget(account: Int64(note.payload) ?? 0)
                case RunStore.groupChannel: groups.hear(note.payload)
                case InboxStore.channel: inboxRings.add(1, ordering: .relaxed)
                case TaskClaims.assignedChannel: app.caches.polls.assigned(runner: Int64(note.payload) ?? 0)
                default:
                    let numbers = note.payload.split(byte: " ").compactMap { Int64($0) }
                    guard numbers.count == 4 else { return }
                    let job = RunnableJob(
                        labelSet: numbers[0], repository: RepositoryID(numbers[1]), owner: AccountID(numbers[2]))
                    app.caches.polls.jobWaiting(job) { (try? app.runners.labelSets($0)) ?? [] }
                }
            },
            onLost: { [self] error in
                app.caches.polls.lost()
                app.caches.credentials.lost()
                app.log.warning("notifications lost, reconnecting", metadata: ["err": "\(error)"])
            })
    }

    private func inboxReaders() -> [Worker] {
        (0..<PlanningLimits.readersPerInstance).map { _ in
            Worker(stackBytes: 4 * 1024 * 1024) { [self] in readInbox() }
        }
    }

    /// Reads pushes as soon as one is announced by NOTIFY, and every 2 s in case one was not.
    private func readInbox() {
        let reader = PushReader(app: app)
        var lastLook: Int64 = 0
        var heard = 0
        while !stopping.load(ordering: .relaxed) {
            let now = Clock.monotonicMicroseconds()
            let rings = inboxRings.load(ordering: .relaxed)
            guard rings != heard || now - lastLook > 2_000_000 else {
                usleep(10_000)
                continue
            }
            heard = rings
            lastLook = now
            do {
                while try reader.readNext(), !stopping.load(ordering: .relaxed) {}
            } catch {
                app.log.error("could not read a push", metadata: ["err": "\(error)"])
                usleep(500_000)
            }
        }
    }

    /// Apart from the sweeps, since it reads git; with the stack of what reads workflow files.
    private func schedule() {
        let schedules = Schedules(app: app) { [self] in stopping.load(ordering: .relaxed) }
        every(milliseconds: 1_000, "schedules") { try schedules.sweep() }
    }

    private func webhookSenders() -> [Worker] {
        let sender = DeliverySender(app: app) { [self] in stopping.load(ordering: .relaxed) }
        return (0..<WebhookSendLimits.threads).map { _ in
            Worker(stackBytes: 4 * 1024 * 1024) { [self] in
                every(milliseconds: 500, "webhooks") { try sender.sweep() }
            }
        }
    }

    private func logSweeps() -> [Worker] {
        let isStopping: @Sendable () -> Bool = { [self] in stopping.load(ordering: .relaxed) }
        let seal = SealLogs(app: app, isStopping: isStopping)
        let expire = ExpireLogs(app: app, isStopping: isStopping)
        let watch = WatchLogs(app: app)
        let streams = KeepStreams(app: app)
        let retention = Retention(app: app, isStopping: isStopping)
        let removal = RemoveRepositories(app: app)
        return [
            Worker { [self] in every(milliseconds: 2_000, "seal logs") { try seal.sweep() } },
            Worker { [self] in every(milliseconds: 10_000, "expire logs") { try expire.sweep() } },
            Worker { [self] in
                every(milliseconds: 10_000, "retention") {
                    try removal.sweep(isStopping: isStopping)
                    try retention.sweep()
                }
            },
            Worker { [self] in every(milliseconds: LiveLimits.lookMilliseconds, "watch logs") { try watch.look() } },
            Worker { [self] in every(milliseconds: 1_000, "streams") { try streams.beat() } },
        ]
    }

    private func artifactSweeps() -> [Worker] {
        let sweep = SweepArtifacts(app: app, isStopping: { [self] in stopping.load(ordering: .relaxed) })
        let garbage = SweepGarbage(app: app, isStopping: { [self] in stopping.load(ordering: .relaxed) })
        return [
            Worker { [self] in
                do { try sweep.begin() } catch {
                    app.log.warning("housekeeping failed", metadata: ["sweep": "artifacts", "err": "\(error)"])
                }
                every(milliseconds: 5_000, "artifacts") { try sweep.sweep() }
            },
            Worker { [self] in every(milliseconds: garbage.everyMilliseconds, "garbage") { try garbage.sweep() } },
        ]
    }

    /// Repeats a sweep until we stop. One that failed is reported and tried again at its next turn.
    private func every(milliseconds: UInt32, _ name: String, _ sweep: () throws -> Void) {
        while !stopping.load(ordering: .relaxed) {
            do {
                try sweep()
                app.caches.sweeps.note(name, nil)
            } catch {
                app.caches.sweeps.note(name, error)
                app.log.warning("housekeeping failed", metadata: ["sweep": "\(name)", "err": "\(error)"])
            }
            var slept: UInt32 = 0
            while slept < milliseconds, !stopping.load(ordering: .relaxed) {
                usleep(50_000)
                slept += 50
            }
        }
    }

    /// Whatever of `sweeps` is due, on one thread: none of them may wait long for anything but PostgreSQL.
    private func sweep() {
        var sweeps = sweeps()
        while !stopping.load(ordering: .relaxed) {
            let now = Clock.monotonicMicroseconds()
            for index in sweeps.indices where sweeps[index].isDue(now) {
                do {
                    try sweeps[index].run()
                    app.caches.sweeps.note(sweeps[index].name, nil)
                } catch {
                    app.caches.sweeps.note(sweeps[index].name, error)
                    // One that fails stops no other; it is tried again when it is due next.
                    app.log.warning("sweep failed", metadata: ["sweep": "\(sweeps[index].name)", "err": "\(error)"])
                }
            }
            usleep(100_000)
        }
    }

    private func sweeps() -> [Sweep] {
        [
            // At each turn of this thread, 100 ms: what was told is waited for.
            Sweep("concurrency groups", everySeconds: 0) { [groups] in try groups.sweep() },
            Sweep("wait timers", everySeconds: 1) { [app] in try app.runs.openGates() },
            Sweep("outputs settled", everySeconds: 1) { [app] in try app.runs.settleDue() },
            Sweep("runners heard", everySeconds: 1) { [app] in
                let due = app.caches.calls.takeDue()
                try app.runners.markHeard(online: due.online, active: due.active)
            },
            Sweep("tokens used", everySeconds: 10) { [app] in
                let due = app.caches.credentials.takeDue()
                try app.accessTokens.markUsed(due.tokens)
                try app.sessions.markSeen(due.sessions)
                try app.accounts.markLoggedIn(due.accounts)
            },
            LostTasks(app: app).sweep(everySeconds: 2),
            AbandonedJobs(app: app).sweep(
                everySeconds: max(1, min(15, app.configuration.recovery.abandonedSeconds / 4))),
            RunRepair(app: app).sweep(everySeconds: 15),
            Sweep("settled pushes", everySeconds: 60) { [app] in
                while try app.inbox.removeSettled() == InboxLimits.sweptMax {}
            },
            Sweep("instances", everySeconds: 10) { [app, startedAt] in
                try InstanceStore(database: app.database).tell(
                    app.instance, startedAt: startedAt, sweeps: app.caches.sweeps.all)
            },
            Sweep("expired sessions", everySeconds: 300) { [app] in
                try app.identities.sweep()
                while try app.sessions.sweep() == SessionLimits.sweptMax {}
            },
            Sweep("deliveries of webhooks", everySeconds: 600) { [app] in
                while try app.deliveries.removeOld(limit: 1000) == 1000 {}
            },
            Sweep("schedule slots", everySeconds: 3600) { [app] in try app.schedules.removeOldSlots() },
            Sweep("keys of addresses", everySeconds: SignedURLLimits.rereadSeconds) { [app] in
                try app.keys.signedURLs.reread()
                try app.urlKeys.retire(log: app.log)
            },
            Sweep("useless runners", everySeconds: 5) { [app] in
                _ = try app.runners.removeUseless(graceSeconds: app.configuration.spentGraceSeconds)
            },
        ]
    }
}
