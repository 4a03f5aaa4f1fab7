import ArgumentParser
import Postgres

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to this version's schema.",
        discussion: "Example: millrace migrate --config millrace.yaml --status")

    @OptionGroup var options: ConfigOption
    @Flag(help: "Only say what is applied and what is missing; exit 1 when something is missing.") var status = false
    @Flag(help: "Only say what would be applied.") var dryRun = false

    func run() throws {
        let configuration = try options.load()
        do {
            let files = try migrationFiles(in: configuration.migrationsDirectory)
            let migrations = try Migrations(dsn: configuration.databaseDSN)
            if status || dryRun {
                let done = Set(try migrations.applied())
                for file in files { print("\(done.contains(file.name) ? "applied" : "missing")  \(file.name)") }
                if status, files.contains(where: { !done.contains($0.name) }) { throw ExitCode(1) }
                return
            }
            try migrations.apply(files) { print("applied  \($0)") }
        } catch {
            throw CleanExit.status(of: error)
        }
    }
}
