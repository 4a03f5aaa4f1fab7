import ArgumentParser
import Postgres
import Server

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to this version's schema.",
        discussion: "Example: millrace migrate --config millrace.yaml --status")

    @OptionGroup var options: ConfigOption
    @Flag(help: "Only say what is applied, missing or newer than this program; exit 1 when something is missing.")
    var status = false
    @Flag(help: "Only say what would be applied.") var dryRun = false

    func run() throws {
        let configuration = try options.load()
        do {
            let files = try migrationFiles(in: configuration.migrationsDirectory)
            let migrations = try Migrations(dsn: configuration.databaseDSN)
            if status { return try show(files.map(\.name), applied: try migrations.applied()) }
            if dryRun {
                for name in try migrations.missing(of: files.map(\.name)) { say("would apply  \(name)") }
                return
            }
            try migrations.apply(
                files,
                waiting: { backends in
                    let named = backends.map(String.init).joined(separator: ", ")
                    say("waiting  another migrate of this database is at work (PostgreSQL's backend \(named))")
                },
                progress: { say("applied  \($0)") })
        } catch {
            throw CleanExit.status(of: error)
        }
    }

    private func show(_ names: [String], applied: [String]) throws {
        let done = Set(applied)
        for name in names { say("\(done.contains(name) ? "applied" : "missing")  \(name)") }
        for name in applied where !names.contains(name) { say("newer  \(name)") }
        if !done.isSuperset(of: names) { throw ExitCode(1) }
    }
}
