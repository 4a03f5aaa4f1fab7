import ArgumentParser
import Domain
import Foundation
import Postgres

/// Called by git inside a push. pre-receive refuses the push when it cannot be recorded, so no push goes unseen;
/// post-receive confirms (docs/adr/0005).
struct GitHookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git-hook", abstract: "Record a push; git calls this.", shouldDisplay: false)
    /// Refs moved by one push.
    static let refsMax = 5000

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
        var updates: [InboxStore.RefUpdate] = []
        while let line = readLine() {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3 else { continue }
            updates.append(.init(ref: words[2], before: words[0], after: words[1]))
        }
        guard updates.count <= Self.refsMax else {
            throw CleanExit.problem("this push moves \(updates.count) refs; at most \(Self.refsMax) at once")
        }
        let store = InboxStore(database: Database(dsn: try options.load().databaseDSN, size: 1))
        do {
            if hook == "pre-receive" {
                try store.announce(updates, repository: repository, pusher: pusher)
            } else {
                try store.confirm(updates, repository: repository)
            }
        } catch {
            throw CleanExit.problem(
                hook == "pre-receive"
                    ? "could not record this push, nothing was changed; push again in a minute (\(error))"
                    : "the push is done; its workflows start within a minute (\(error))")
        }
    }
}
