import ArgumentParser
import Domain
import Foundation
import Postgres
import Server
import Web

/// Called by git inside a push. pre-receive refuses the push when it cannot be recorded, so no push goes unseen; post-receive
/// confirms (docs/adr/0005). Between them, proc-receive makes pull requests of what is pushed for review (docs/adr/0034).
struct GitHookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git-hook", abstract: "Record a push; git calls this.", shouldDisplay: false)

    @OptionGroup var options: ConfigOption
    @Argument(help: "pre-receive, proc-receive or post-receive") var hook: String
    @Flag(help: "nginx says in MILLRACE_MAY_WRITE whether the pusher may write.") var guarded = false

    private typealias Update = InboxStore.RefUpdate

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let directory = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).lastPathComponent
        guard
            let number = Int64(environment["MILLRACE_REPOSITORY_ID"] ?? "")
                ?? Int64(directory.replacing(".git", with: ""))
        else { throw CleanExit.problem("this is not a repository of Millrace") }
        let push = Pushed(
            repository: RepositoryID(number),
            pusher: Int64(environment["MILLRACE_PUSHER_ID"] ?? "").flatMap { $0 > 0 ? AccountID($0) : nil },
            task: Int64(environment["MILLRACE_TASK_ID"] ?? "").flatMap { $0 > 0 ? TaskID($0) : nil },
            // Without a word of nginx nobody who reads alone gets here, unless these are the hooks that wait for one.
            mayWrite: guarded ? PullRequest.mayWrite(word: environment["MILLRACE_MAY_WRITE"]) : true,
            options: pushOptions(environment))
        if hook == "proc-receive" { return try review(push) }
        let all = try readUpdates()
        let updates = all.filter { !Reviews.Command.isReview($0.ref) || !guarded }
        if hook == "pre-receive", !updates.isEmpty, !push.mayWrite {
            throw CleanExit.problem(
                "you may not write here; to propose a change push it to refs/for/<branch>: git push origin HEAD:refs/for/main"
            )
        }
        if hook == "pre-receive", !push.mayWrite { try check(all, of: push) }
        guard !updates.isEmpty else { return }
        try record(updates, of: push)
    }

    /// Who pushes where.
    private struct Pushed {
        let repository: RepositoryID
        let pusher: AccountID?
        let task: TaskID?
        let mayWrite: Bool
        let options: [String]
    }

    private func record(_ updates: [Update], of push: Pushed) throws {
        let configuration = try options.load()
        let store = InboxStore(database: Database(dsn: configuration.databaseDSN, size: 1))
        do {
            if hook == "pre-receive" {
                guard
                    try store.announce(
                        updates, repository: push.repository, pusher: push.pusher, task: push.task,
                        options: push.options)
                else { throw Failure(.missing, "the repository was removed") }
            } else {
                try store.confirm(updates, repository: push.repository)
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
        guard let found = try app.repositories.repository(push.repository) else { return }
        _ = try? DefaultBranch(app: app).adopt(of: found, moved: { updates.map { ($0.ref, $0.before) } })
        try? app.repositories.pushed(
            push.repository, gitBytes: RepositoryFiles(configuration: configuration).gitBytes(push.repository))
    }

    // MARK: pull requests

    /// proc-receive comes when git has kept the push's objects for good: of who may not write, what it would refuse is refused
    /// before, as far as that is known without them.
    private func check(_ updates: [Update], of push: Pushed) throws {
        let commands = updates.map { Reviews.Command(ref: $0.ref, before: $0.before, after: $0.after) }
        do {
            try Self.checkCount(commands.count)
            try Reviews.check(
                commands, in: push.repository, by: try Self.reviewer(push), PushOptions(push.options),
                try options.load())
        } catch let refusal as PullRequest.Refusal {
            throw CleanExit.problem(refusal.words)
        }
    }

    private static func checkCount(_ count: Int) throws {
        guard count <= PullRequestLimits.refsOfPushMax else {
            throw PullRequest.Refusal(
                words: "one push changes at most \(PullRequestLimits.refsOfPushMax) pull requests")
        }
    }

    private static func reviewer(_ push: Pushed) throws -> Reviews.Pusher {
        guard let pusher = push.pusher else {
            throw PullRequest.Refusal(words: "pull requests are made by people, not by a job's token")
        }
        return Reviews.Pusher(account: pusher, mayWrite: push.mayWrite)
    }

    /// git's proc-receive protocol (githooks): versions, commands, options if they were agreed upon; then a report.
    private func review(_ push: Pushed) throws {
        let input = PacketLines.standardInput
        let offered = try input.part(countMax: 16).first ?? ""
        let hasOptions = offered.utf8.split(separator: 0).dropFirst().contains {
            $0.split(separator: 0x20).contains { $0.elementsEqual("push-options".utf8) }
        }
        sayPackets(PacketLines.written(["version=1\0\(hasOptions ? "push-options" : "")"]))
        let commands = try input.part(countMax: PushLimits.refsMax).compactMap { line -> Reviews.Command? in
            let words = line.utf8.split(separator: 0x20, maxSplits: 2).map { String(Substring($0)) }
            return words.count == 3 ? Reviews.Command(ref: words[2], before: words[0], after: words[1]) : nil
        }
        let said = PushOptions(hasOptions ? try input.part(countMax: PushOptions.Limits.countMax * 16) : [])
        var report: [String] = []
        for (place, command) in commands.enumerated() {
            do {
                try Self.checkCount(place + 1)
                guard command.ref.utf8.count <= PushLimits.refBytesMax else {
                    throw PullRequest.Refusal(words: "the ref has more than \(PushLimits.refBytesMax) bytes")
                }
                let taken = try Reviews.take(
                    command, in: push.repository, by: try Self.reviewer(push), said, try options.load())
                complain(taken.words)  // git shows it as "remote: …"
                report += ["ok \(command.ref)", "option refname \(taken.ref)"]
                report.append("option old-oid \(taken.before ?? String(repeating: "0", count: taken.after.utf8.count))")
                report.append("option new-oid \(taken.after)")
            } catch let refusal as PullRequest.Refusal {
                report.append("ng \(command.ref) \(refusal.words)")
            } catch {
                report.append("ng \(command.ref) could not be recorded; push again in a minute")
                complain("\(error)")
            }
        }
        write(report)
    }

    private func write(_ lines: [String]) { sayPackets(PacketLines.written(lines.map(harmless))) }

    // MARK: what git tells

    private func pushOptions(_ environment: [String: String]) -> [String] {
        let count = min(Int(environment["GIT_PUSH_OPTION_COUNT"] ?? "") ?? 0, PushOptions.Limits.countMax)
        guard count > 0 else { return [] }
        return (0..<count).compactMap { environment["GIT_PUSH_OPTION_\($0)"] }
            .map { cut($0, bytesMax: PushOptions.Limits.keptBytesMax) }
    }

    /// Refs that the push moves, from stdin. No more are read than may be moved.
    private func readUpdates() throws -> [Update] {
        var updates: [Update] = []
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
