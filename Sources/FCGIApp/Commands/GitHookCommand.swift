import ArgumentParser
import Domain
import Foundation
import Postgres
import Server
import Web

/// Called by git inside a push. pre-receive refuses the push when it cannot be recorded, so no push goes unseen;
/// post-receive confirms (docs/adr/0005).
struct GitHookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git-hook", abstract: "Record a push; git calls this.", shouldDisplay: false)

    @OptionGroup var options: ConfigOption
    @Argument(help: "pre-receive or post-receive") var hook: String

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let directory = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).lastPathComponent
        guard
            let number = Int64(environment["MILLRACE_REPOSITORY_ID"] ?? "")
                ?? Int64(directory.replacing(".git", with: ""))
        else { throw CleanExit.problem("this is not a repository of Millrace") }
        let repository = RepositoryID(number)
        let pusher = Int64(environment["MILLRACE_PUSHER_ID"] ?? "").flatMap { $0 > 0 ? AccountID($0) : nil }
        let task = Int64(environment["MILLRACE_TASK_ID"] ?? "").flatMap { $0 > 0 ? TaskID($0) : nil }
        let updates = try readUpdates()
        let configuration = try options.load()
        let store = InboxStore(database: Database(dsn: configuration.databaseDSN, size: 1))
        do {
            if hook == "pre-receive" {
                guard try store.announce(updates, repository: repository, pusher: pusher, task: task) else {
                    throw Failure(.missing, "the repository was removed")
                }
            } else {
                try store.confirm(updates, repository: repository)
            }
        } catch {
            throw CleanExit.problem(
                hook == "pre-receive"
                    ? "could not record this push, nothing was changed; push again in a minute (\(error))"
                    : "the push is done; its workflows start within a minute (\(error))")
        }
        guard hook == "post-receive" else { return }
        // Before git answers, so that a clone right behind the push checks the branch out. A reader repeats it.
        let app = try App(configuration: configuration, instance: "git-hook")
        guard let found = try app.repositories.repository(repository) else { return }
        _ = try? DefaultBranch(app: app).adopt(of: found, moved: { updates.map { ($0.ref, $0.before) } })
        try? app.repositories.pushed(
            repository, gitBytes: RepositoryFiles(configuration: configuration).gitBytes(repository))
    }

    /// Refs that the push moves, from stdin. No more are read than may be moved.
    private func readUpdates() throws -> [InboxStore.RefUpdate] {
        var updates: [InboxStore.RefUpdate] = []
        while let line = readLine() {
            let words = line.utf8.split(separator: 0x20, maxSplits: 2).map { String(Substring($0)) }
            guard words.count == 3 else { continue }
            guard words[2].utf8.count <= PushLimits.refBytesMax else {
                throw CleanExit.problem(
                    "ref \"\(cut(words[2], bytesMax: 80))…\" has \(words[2].utf8.count) bytes; at most \(PushLimits.refBytesMax) are taken, choose a shorter name"
                )
            }
            updates.append(.init(ref: words[2], before: words[0], after: words[1]))
            guard updates.count <= PushLimits.refsMax else {
                throw CleanExit.problem(
                    "this push moves more than \(PushLimits.refsMax) refs; push them in several pushes")
            }
        }
        return updates
    }
}
