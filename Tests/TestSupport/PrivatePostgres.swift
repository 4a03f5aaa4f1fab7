import Foundation
import Synchronization

@testable import Postgres

/// A PostgreSQL of the tests' own: one cluster for the whole run, in a temporary folder, reached by a Unix socket only.
///
/// It runs below a shell that waits for the end of its standard input, so it goes, and its folder with it, however the
/// test process ends. PostgreSQL refuses root: then it runs as the user `millrace`, as in dev/stack.py.
package final class PrivatePostgres: Sendable {
    struct Problem: Error, CustomStringConvertible { let description: String }

    private static let started = Result { try PrivatePostgres() }
    private static let databases = Atomic<Int>(0)
    private static let startSecondsMax = 60.0

    let directory: String
    private let lifeline: Pipe

    /// A connection string to a new, empty database.
    package static func database() throws -> String {
        let server = try started.get()
        let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
        try Connection(dsn: server.dsn("postgres")).script("create database \(name)")
        return server.dsn(name)
    }

    /// A connection string to a new database with all of sql/migrations.
    package static func migratedDatabase() throws -> String {
        let server = try started.get()
        let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
        try Connection(dsn: server.dsn("postgres")).script("create database \(name) template \(try migrated.get())")
        return server.dsn(name)
    }

    /// The migrations are applied once; every other database is a copy of what they made.
    private static let migrated = Result { () throws -> String in
        let name = "test_migrated"
        let server = try started.get()
        try Connection(dsn: server.dsn("postgres")).script("create database \(name)")
        let folder = root.appendingPathComponent("sql/migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        try Migrations(dsn: server.dsn(name)).apply(
            try names.sorted().map {
                Migration(name: $0, sql: try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
            }
        ) { _ in }
        return name
    }

    /// A new migrated database with one run of so many waiting jobs, and two runners (Tests/Isolation/fixture.sql).
    package static func databaseWithRun(jobs: Int) throws -> String {
        let dsn = try migratedDatabase()
        let connection = try Connection(dsn: dsn)
        try connection.script(try fixture())
        try connection.script("call make_run(\(jobs), 5)")
        return dsn
    }

    /// What the isolation specs begin with: `make_run`, `start_jobs`.
    package static func fixture() throws -> String {
        try String(contentsOf: root.appendingPathComponent("Tests/Isolation/fixture.sql"), encoding: .utf8)
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../..")

    private func dsn(_ database: String) -> String { "host=\(directory) user=millrace dbname=\(database)" }

    private init() throws {
        let programs = try Self.programs()
        let user = try Self.ordinaryUser()
        let made = "/tmp/millrace-pg-\(getpid())"
        try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: true)
        if let user { try Self.run("/bin/chown", [user, made]) }
        directory = made
        let asUser = user.map { ["setpriv", "--reuid", $0, "--regid", $0, "--clear-groups", "--"] } ?? []
        let initialise =
            asUser + [
                "\(programs)/initdb", "--pgdata", "\(made)/data", "--username", "millrace", "--auth", "trust",
                "--encoding", "UTF8",
                "--locale", "C.UTF-8", "--no-sync",
            ]
        try Self.run("/usr/bin/env", initialise, directory: made)
        lifeline = Pipe()
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        let postgres =
            (asUser + [
                "\(programs)/postgres", "-D", "\(made)/data", "-k", made, "-c", "listen_addresses=", "-c", "fsync=off",
                "-c", "max_connections=200",
            ]).joined(separator: " ")
        // `read` ends with the process that holds the pipe's other end.
        shell.arguments = [
            "-c", "\(postgres) >'\(made)/log' 2>&1 & pid=$!; read -r end; kill -INT $pid; wait $pid; rm -rf '\(made)'",
        ]
        shell.currentDirectoryURL = URL(fileURLWithPath: made)
        shell.standardInput = lifeline
        // Not ours, which whoever runs the tests reads to its end.
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        // The end must be held by nobody else, the shell itself least of all.
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        // A thread of Swift's runtime blocks all signals; a shell that inherits that never learns that its child ended.
        var none = sigset_t()
        var usual = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &usual)
        defer { pthread_sigmask(SIG_SETMASK, &usual, nil) }
        try shell.run()
        let deadline = Date(timeIntervalSinceNow: Self.startSecondsMax)
        while (try? Connection(dsn: dsn("postgres"))) == nil {
            guard shell.isRunning, Date() < deadline else {
                let log = (try? String(contentsOfFile: "\(made)/log", encoding: .utf8)) ?? ""
                throw Problem(description: "PostgreSQL did not answer in \(made): \(log.suffix(500))")
            }
            usleep(20_000)
        }
    }

    private static func programs() throws -> String {
        let base = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).compactMap { Int($0) }
        guard let version = versions.filter({ $0 >= 15 }).max() else {
            throw Problem(
                description:
                    "there is no PostgreSQL 15 or newer in \(base); install it with: apt-get install postgresql-15")
        }
        return "\(base)/\(version)/bin"
    }

    private static func ordinaryUser() throws -> String? {
        guard geteuid() == 0 else { return nil }
        let name = ProcessInfo.processInfo.environment["MILLRACE_STACK_USER"] ?? "millrace"
        if getpwnam(name) == nil {
            try run(
                "/usr/sbin/useradd",
                [
                    "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
                    "--user-group", name,
                ])
        }
        return name
    }

    private static func run(_ program: String, _ arguments: [String], directory: String = "/tmp") throws {
        let process = Process()
        let said = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = said
        process.standardError = said
        try process.run()
        let output = said.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Problem(
                description: "\(arguments.first ?? program) ended with \(process.terminationStatus): "
                    + String(decoding: output, as: UTF8.self))
        }
    }
}

/// Waits for a fact, never for luck.
package func becomesTrue(withinSeconds seconds: Double = 30, _ fact: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !fact() {
        guard Date() < deadline else { return false }
        usleep(5_000)
    }
    return true
}

/// Ends all other backends of this connection's database, as a restart of PostgreSQL does.
package func endOtherBackends(of dsn: String) throws {
    let connection = try Connection(dsn: dsn)
    try connection.script(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
}

/// Runs the body so many times at once, each on a thread of its own; a concurrency library's threads are as many as cores.
package func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread {
            body(index)
            group.leave()
        }.start()
    }
    group.wait()
}
