import ArgumentParser
import CLinux
import Client
import Domain
import Foundation
import Postgres
import Server
import Web

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer requests until SIGTERM.",
        discussion: "Example: millrace serve --config millrace.yaml --instance 1")

    @OptionGroup var options: ConfigOption
    @Option(help: "Names this process's sockets: work-N.sock and poll-N.sock.") var instance = "1"

    func run() throws {
        let configuration = try options.load()
        let app: App
        do {
            let wanted = try migrationFiles(in: configuration.migrationsDirectory).map(\.name)
            let missing = try Migrations(dsn: configuration.databaseDSN).missing(of: wanted)
            if let first = missing.first {
                throw Failure(
                    .fault,
                    "the database lacks \(missing.count) migration\(missing.count == 1 ? "" : "s"), the first is \"\(first)\"; "
                        + "run: millrace migrate --config \(options.config)")
            }
            app = try App(configuration: configuration, instance: instance)
            let bare = try app.keys.check()
            if !bare.isEmpty {
                app.log.warning(
                    "server keys are not wrapped by the master key; run millrace secrets wrap once no older version runs",
                    metadata: ["purposes": "\(bare.joined(separator: ", "))"])
            }
            try RepositoryFiles(configuration: configuration).writeHooks()
            try RepositoryFiles(configuration: configuration).close()
            try RegistrationTokens(app: app).bootstrap(environment: ProcessInfo.processInfo.environment)
        } catch {
            throw CleanExit.status(of: error)
        }
        do { try serve(app) } catch { throw CleanExit.problem("\(error)") }
    }

    private func serve(_ app: App) throws {
        // Swift's runtime has threads of its own, so whichever thread gets the
        // signal hands it on through a descriptor that this thread reads (docs/adr/0002).
        stopSignals = eventfd(0, Int32(EFD_CLOEXEC))
        var stop = sigaction()
        stop.__sigaction_handler.sa_handler = { _ in
            var one: UInt64 = 1
            _ = write(stopSignals, &one, 8)
        }
        sigaction(SIGTERM, &stop, nil)
        sigaction(SIGINT, &stop, nil)
        signal(SIGPIPE, SIG_IGN)
        var wakeUp = sigaction()
        wakeUp.__sigaction_handler.sa_handler = { _ in }
        // No SA_RESTART: the signal must break a read(2) of a kept connection (WorkLane.join).
        sigaction(SIGUSR2, &wakeUp, nil)

        // Every parked poll is a descriptor, and 1 024 is what a service gets unless somebody asks for what is allowed.
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }

        let directory = app.configuration.socketDirectory
        let router = try Routes.router(app)
        let work = try WorkLane(
            path: "\(directory)/work-\(instance).sock", streams: router.table.streamsBody,
            long: UpdateLog.backlogs(router),
            streamFailed: { app.log.error("an answer broke off", metadata: ["err": "\($0)"]) },
            handle: { router.handle($0) })
        let held = HeldRouter(router)
        let poll = try PollLane(path: "\(directory)/poll-\(instance).sock") { held.handle($0) }
        let housekeeping = Housekeeping(
            app: try App(configuration: app.configuration, instance: instance, beside: app))
        let threads = work.start(threads: app.configuration.workThreads)
        let polling = Worker { poll.run() }
        let keepers = housekeeping.start()
        app.log.info("serving", metadata: ["socket_dir": "\(directory)"])

        var count: UInt64 = 0
        while read(stopSignals, &count, 8) < 0 && errno == EINTR {}
        app.log.info("stopping")
        // Held polls are answered at once, requests in flight and in the sockets' queues finish, nothing new is taken.
        housekeeping.stop()
        app.caches.readiness.stop()
        app.caches.polls.stop()
        app.caches.logReaders.stop()
        app.caches.liveStreams.stop()
        app.caches.stopping.set()
        work.stop()
        poll.stop()
        WorkLane.join(threads)
        work.joinLong()
        polling.join()
        held.close()
        for keeper in keepers { keeper.join() }
        app.log.info("stopped")
    }
}

/// Written by the signal handler, which can capture nothing; set once before it is installed.
nonisolated(unsafe) private var stopSignals: Int32 = -1
