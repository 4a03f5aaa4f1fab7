import Domain
import Postgres
import Web

/// Pull requests of one repository as git has them: pushes to `refs/for/<branch>` and `refs/pull/N/head`, and what pushes to their
/// base close (docs/adr/0034). The row says where a head is; the ref follows it, and whoever finds it elsewhere moves it.
package struct Reviews {
    let app: App
    let repository: Repository
    let git: GitReader

    /// How often the ref is moved while others move the row.
    private static let movesMax = 5

    // MARK: pushes

    /// One ref of a push, as git's proc-receive hook is given it.
    package struct Command: Sendable {
        package let ref: String
        package let before: String
        package let after: String

        package init(ref: String, before: String, after: String) {
            self.ref = ref
            self.before = before
            self.after = after
        }

        /// Whether this file decides about it.
        package var isReview: Bool { Self.isReview(ref) }
        package static func isReview(_ ref: String) -> Bool {
            ref.utf8.starts(with: ReviewTarget.prefix.utf8) || ref.utf8.starts(with: "refs/pull/".utf8)
        }
    }

    /// Who pushes.
    package struct Pusher: Sendable {
        package let account: AccountID
        package let mayWrite: Bool

        package init(account: AccountID, mayWrite: Bool) {
            self.account = account
            self.mayWrite = mayWrite
        }
    }

    /// What became of a command.
    package struct Taken: Sendable {
        /// Of the pull request.
        package let ref: String
        /// Nil: it was made.
        package let before: String?
        package let after: String
        package let words: String
    }

    /// What git's hook does with one ref.
    ///
    /// - Throws: `PullRequest.Refusal` in words for whoever pushes.
    package static func take(
        _ command: Command, in repository: RepositoryID, by pusher: Pusher, _ options: PushOptions,
        _ configuration: Configuration
    ) throws -> Taken {
        try with(repository, configuration) { try $0.take(command, by: pusher, options) }
    }

    /// What `take` would refuse, as far as it is known without the objects that are pushed. Only looks: `take` decides.
    ///
    /// - Throws: `PullRequest.Refusal` in words for whoever pushes.
    package static func check(
        _ commands: [Command], in repository: RepositoryID, by pusher: Pusher, _ options: PushOptions,
        _ configuration: Configuration
    ) throws {
        try with(repository, configuration) { reviews in
            for command in commands { try reviews.check(command, by: pusher, options) }
        }
    }

    private func check(_ command: Command, by pusher: Pusher, _ options: PushOptions) throws {
        guard let number = pullRequestNumber(ofRef: command.ref) else {
            return try app.pullRequests.checkPush(
                to: try target(of: command, options), by: pusher.account, mayWrite: pusher.mayWrite, in: repository.id)
        }
        guard let known = try app.pullRequests.one(number, of: repository.id) else {
            throw PullRequest.Refusal(words: "there is no pull request #\(number)")
        }
        guard pusher.mayWrite || pusher.account.number == known.facts.authorID else {
            throw PullRequest.Refusal(words: "it is somebody else's")
        }
        let isClose = isZeroID(command.after)
        _ = try known.facts.content.after(isClose ? .close : .push(head: command.after, title: nil, body: nil))
    }

    private static func with<Answer>(
        _ repository: RepositoryID, _ configuration: Configuration, _ body: (Reviews) throws -> Answer
    ) throws -> Answer {
        let app = try App(configuration: configuration, instance: "git-hook")
        guard let found = try app.repositories.repository(repository) else {
            throw PullRequest.Refusal(words: "the repository was removed")
        }
        let git = GitReader(RepositoryFiles(configuration: configuration).directory(repository))
        defer { git.close() }
        return try body(Reviews(app: app, repository: found, git: git))
    }

    /// - Throws: `PullRequest.Refusal` in words for whoever pushes.
    func take(_ command: Command, by pusher: Pusher, _ options: PushOptions) throws -> Taken {
        if let number = pullRequestNumber(ofRef: command.ref) { return try move(number, command, by: pusher, options) }
        let target = try target(of: command, options)
        let head = try head(command.after)
        guard let base = try commit("refs/heads/\(target.base)") else {
            throw PullRequest.Refusal(words: "there is no branch \"\(target.base)\"")
        }
        guard !git.isAncestor(head.id, of: base) else {
            throw PullRequest.Refusal(words: "\"\(target.base)\" has this commit already: there is nothing to merge")
        }
        let pushed = try app.pullRequests.push(
            PullRequestStore.Push(
                target: target, head: head.id, baseSHA: base, title: options.title.flatMap(Self.title),
                commitTitle: Self.title(head.commit.title ?? "") ?? "(no message)",
                body: options.description.map { cut($0, bytesMax: PullRequestLimits.bodyBytesMax) },
                author: pusher.account, mayWrite: pusher.mayWrite), to: repository.id)
        try point(pushed.view.number)
        let page = "\(app.configuration.publicURL)/api/v1/repos/\(repository.fullName)/pulls/\(pushed.view.number)"
        return Taken(
            ref: pushed.view.ref, before: pushed.before, after: head.id,
            words: "pull request #\(pushed.view.number) \(pushed.before == nil ? "made" : "updated"): \(page)")
    }

    private func target(of command: Command, _ options: PushOptions) throws -> ReviewTarget {
        guard command.ref.utf8.starts(with: ReviewTarget.prefix.utf8) else {
            throw PullRequest.Refusal(words: "pull requests are made by a push to refs/for/<branch>")
        }
        guard !isZeroID(command.after) else { throw PullRequest.Refusal(words: "there is nothing to delete") }
        return try ReviewTarget(ref: command.ref, options: options) { try commit("refs/heads/\($0)") != nil }
    }

    /// A push to a pull request's own ref: by its author or by who may write. Deleting it closes the request; the ref stays, since
    /// its runs are of it.
    private func move(
        _ number: Int64, _ command: Command, by pusher: Pusher, _ options: PushOptions
    ) throws -> Taken {
        guard let known = try app.pullRequests.one(number, of: repository.id) else {
            throw PullRequest.Refusal(words: "there is no pull request #\(number)")
        }
        let isClose = isZeroID(command.after)
        var wish = PullRequest.Wish.close
        if !isClose {
            wish = .push(
                head: try head(command.after).id, title: options.title.flatMap(Self.title),
                body: options.description.map { cut($0, bytesMax: PullRequestLimits.bodyBytesMax) })
        }
        guard
            let view = try app.pullRequests.apply(
                wish, to: number, in: repository.id, by: pusher.account, mayWrite: pusher.mayWrite,
                baseSHA: isClose ? nil : try commit("refs/heads/\(known.facts.base)"))
        else { throw PullRequest.Refusal(words: "there is no pull request #\(number)") }
        try point(number)
        return Taken(
            ref: view.ref, before: command.before, after: command.after,
            words: "pull request #\(number) \(isClose ? "closed" : "updated")")
    }

    /// The commit that is pushed.
    private func head(_ id: String) throws -> (id: String, commit: Commit) {
        guard let object = try git.object(id + "^{commit}", bytesMax: PushLimits.commitBytesMax),
            object.type == "commit",
            let bytes = object.bytes, let whole = try commit(id)
        else { throw PullRequest.Refusal(words: "what is pushed is no commit that can be read") }
        return (whole, Commit(bytes))
    }

    private func commit(_ name: String) throws -> String? {
        guard canNameRef(name) else { return nil }
        let answer = try git.answer(["rev-parse", "--verify", "--quiet", name + "^{commit}"])
        return answer.status == 0 ? GitProgram.firstLine(answer.bytes) : nil
    }

    private static func title(_ text: String) -> String? {
        let line = text.textLines.first ?? ""
        return line.isEmpty ? nil : cut(line, bytesMax: PullRequestLimits.titleBytesMax)
    }

    // MARK: refs

    /// Lets the ref follow the row: of two pushes at once the later row counts, whichever ref was written last.
    func point(_ number: Int64) throws {
        for _ in 0..<Self.movesMax {
            guard let view = try app.pullRequests.one(number, of: repository.id) else { return }
            let head = view.facts.content.head
            if try commit(view.ref) == head { return }
            let answer = try git.answer(["update-ref", view.ref, head])
            guard answer.status == 0 else {
                throw GitProcess.Problem(description: "git update-ref failed: \(answer.complaint)")
            }
        }
    }

    /// Whoever wrote the row may have been killed before the ref.
    func repair(_ request: RepositoryEvent.PullRequest) throws {
        guard try app.pullRequests.one(Int64(request.number), of: repository.id) != nil else { return }
        try point(Int64(request.number))
    }

    // MARK: merges

    /// Pull requests whose head a push to their base holds are merged by it. Safe to repeat.
    func closeMerged(by push: RepositoryEvent.Push, actor: AccountID?, isByJob: Bool) throws {
        let ref = shortRef(push.ref)
        guard ref.type == "branch", !push.isDeletion else { return }
        let open = try app.pullRequests.open(into: ref.name, of: repository.id)
        guard !open.isEmpty else { return }
        // A repository with so many that git does not tell in time has them closed by the next push, or by hand.
        let listing = try? git.answer(
            ["for-each-ref", "--merged=\(push.after)", "--format=%(refname)", "refs/pull/*/head"],
            secondsMax: PushLimits.extraGitSeconds)
        guard let listing, listing.status == 0 else { return }
        let merged = Set(listing.bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) })
        for (number, head) in open where merged.contains(pullRequestRef(number)) {
            // Its ref may be behind its row.
            guard git.isAncestor(head, of: push.after) else { continue }
            do {
                _ = try app.pullRequests.apply(
                    .mergedByPush(head: head), to: number, in: repository.id, by: actor, mayWrite: true,
                    isByJob: isByJob)
            } catch is PullRequest.Refusal {
                // Archived meanwhile.
                continue
            }
        }
    }
}
