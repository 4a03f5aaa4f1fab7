import Domain

/// Writes `pull_request` and `pull_request_counter`. What becomes of a pull request is decided in Domain (`PullRequest.after`); its
/// events are told in the same transaction (docs/adr/0034).
public struct PullRequestStore: Sendable {
    let database: Database
    /// The server's address without a slash at the end.
    let base: String
    public init(database: Database, base: String) {
        self.database = database
        self.base = base
    }

    private static let columns = """
        p.id, p.number, p.state, p.head_sha, p.base, p.base_sha, p.topic, p.title, p.body, p.author_id, coalesce(a.name, 'ghost'),
        p.is_from_fork, p.created_at, p.updated_at, p.closed_at
        """
    private static let from = "from pull_request p left join account a on a.id = p.author_id"

    /// One with what a row says of it.
    public struct View: Sendable {
        let id: Int64
        public let facts: PullRequestPayload.Facts
        public let closedAt: Int64?
        public var number: Int64 { facts.number }
        public var ref: String { pullRequestRef(facts.number) }

        package static let example = View()
        private init() {
            id = 1
            var facts = PullRequestPayload.Facts()
            facts.number = 12
            facts.content = PullRequest(
                state: .open, head: String(repeating: "a", count: 40), title: "Mend the build", body: "")
            facts.base = "main"
            facts.baseSHA = String(repeating: "b", count: 40)
            facts.author = "ann"
            facts.authorID = 1
            facts.createdAt = 1_767_322_845_000_000
            facts.updatedAt = 1_767_322_845_000_000
            self.facts = facts
            closedAt = nil
        }

        init(_ row: Row) {
            id = row.int(0)
            var facts = PullRequestPayload.Facts()
            facts.number = row.int(1)
            facts.content = PullRequest(
                state: PullRequest.State(rawValue: row.text(2)) ?? .closed, head: row.text(3), title: row.text(7),
                body: row.text(8))
            facts.base = row.text(4)
            facts.baseSHA = row.text(5)
            facts.topic = row.text(6)
            facts.authorID = row.int(9)
            facts.author = row.text(10)
            facts.isFromFork = row.bool(11)
            facts.createdAt = row.microseconds(12) ?? 0
            facts.updatedAt = row.microseconds(13) ?? 0
            self.facts = facts
            closedAt = row.microseconds(14)
        }
    }

    // MARK: pushes

    /// Taken first by whoever makes one: of two pushes at once one makes it, the other finds it.
    private static let lockCounter = Statement(
        "pull_request_lock_counter",
        """
        insert into pull_request_counter (repository_id) values ($1)
            on conflict (repository_id) do update set last = pull_request_counter.last returning last
        """)
    private static let takeNumber = Statement(
        "pull_request_take_number",
        "update pull_request_counter set last = last + 1 where repository_id = $1 returning last")
    private static let openOne = Statement(
        "pull_request_open_one",
        """
        select number from pull_request
         where repository_id = $1 and author_id = $2 and base = $3 and topic = $4 and state = 'open'
        """)
    private static let countOpen = Statement(
        "pull_request_count_open",
        """
        select count(*) from (select 1 from pull_request
                               where repository_id = $1 and author_id = $2 and state = 'open' limit $3) found
        """)
    private static let insert = Statement(
        "pull_request_insert",
        """
        insert into pull_request (repository_id, number, head_sha, base, base_sha, topic, title, body, author_id, is_from_fork)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """)
    private static let lockOne = Statement(
        "pull_request_lock",
        "select state from pull_request where repository_id = $1 and number = $2 for no key update")
    private static let one = Statement(
        "pull_request_one", "select \(columns) \(from) where p.repository_id = $1 and p.number = $2")
    private static let update = Statement(
        "pull_request_update",
        """
        update pull_request set state = $2, head_sha = $3, title = $4, body = $5, is_from_fork = is_from_fork or $6,
                                base_sha = coalesce(nullif($7, ''), base_sha), updated_at = now(),
                                closed_at = case when $2 = 'open' then null else coalesce(closed_at, now()) end
         where id = $1
        """)

    /// A commit that is pushed for review.
    public struct Push: Sendable {
        public let target: ReviewTarget
        public let head: String
        public let baseSHA: String
        /// Nil: the one that it has, or that of the commit.
        public let title: String?
        public let commitTitle: String
        public let body: String?
        public let author: AccountID
        public let mayWrite: Bool

        public init(
            target: ReviewTarget, head: String, baseSHA: String, title: String?, commitTitle: String, body: String?,
            author: AccountID, mayWrite: Bool
        ) {
            self.target = target
            self.head = head
            self.baseSHA = baseSHA
            self.title = title
            self.commitTitle = commitTitle
            self.body = body
            self.author = author
            self.mayWrite = mayWrite
        }
    }

    /// Makes the pull request, or moves the open one of the same author, branch and topic.
    ///
    /// - Returns: it as it is then, and its head before; nil: it was made.
    /// - Throws: `PullRequest.Refusal`, with nothing changed.
    public func push(_ push: Push, to repository: RepositoryID) throws -> (view: View, before: String?) {
        try database.transaction { tx in
            let place = try self.place(repository, in: tx)
            try tx.run(Self.lockCounter, .int(repository.number))
            let key: [Value] = [
                .int(repository.number), .int(push.author.number), .text(push.target.base), .text(push.target.topic),
            ]
            if let number = try tx.first(Self.openOne, key[0], key[1], key[2], key[3])?.int(0) {
                let wish = PullRequest.Wish.push(head: push.head, title: push.title, body: push.body)
                let before = try view(number, in: repository, tx)?.facts.content.head
                guard
                    let view = try change(
                        number, wish, by: push.author, mayWrite: push.mayWrite, baseSHA: push.baseSHA, place, tx)
                else { throw PullRequest.Refusal(words: "it is gone") }
                return (view, before)
            }
            let isFork = PullRequest.countsAsFork(mayWrite: push.mayWrite)
            if isFork { try Self.checkRoom(try tx.one(Self.countOpen, key[0], key[1], Self.openMax).int(0)) }
            let number = try tx.one(Self.takeNumber, key[0]).int(0)
            try tx.run(
                Self.insert, key[0], .int(number), .text(push.head), key[2], .text(push.baseSHA), key[3],
                .text(push.title ?? push.commitTitle), .text(push.body ?? ""), key[1], .bool(isFork))
            guard let view = try view(number, in: repository, tx) else {
                throw PullRequest.Refusal(words: "it is gone")
            }
            try tell(.opened, view, by: push.author, place, tx)
            return (view, nil)
        }
    }

    /// What `push` would refuse. Only looks.
    ///
    /// - Throws: `PullRequest.Refusal`.
    public func checkPush(
        to target: ReviewTarget, by author: AccountID, mayWrite: Bool, in repository: RepositoryID
    ) throws {
        guard PullRequest.countsAsFork(mayWrite: mayWrite) else { return }
        let key: [Value] = [.int(repository.number), .int(author.number)]
        guard try database.read(Self.openOne, key[0], key[1], .text(target.base), .text(target.topic)).isEmpty else {
            return
        }
        try Self.checkRoom(try database.readOne(Self.countOpen, key[0], key[1], Self.openMax).int(0))
    }

    private static let openMax = Value.int(PullRequestLimits.openOfReaderMax)

    /// - Parameter open: how many its author has.
    private static func checkRoom(_ open: Int64) throws {
        let most = PullRequestLimits.openOfReaderMax
        guard open < most else {
            throw PullRequest.Refusal(
                words: "you have \(most) open pull requests here, and no more are taken; close some")
        }
    }

    /// What somebody wishes of one.
    ///
    /// - Parameters:
    ///   - mayWrite: whether they may write to the repository; else it must be their own.
    ///   - baseSHA: where its base is; nil: that stays.
    ///   - isByJob: a job's own token caused it: nobody is told (workflows.md 20.4).
    /// - Returns: it as it is then; nil: there is none.
    /// - Throws: `PullRequest.Refusal`, with nothing changed.
    public func apply(
        _ wish: PullRequest.Wish, to number: Int64, in repository: RepositoryID, by actor: AccountID?, mayWrite: Bool,
        baseSHA: String? = nil, isByJob: Bool = false
    ) throws -> View? {
        try database.transaction { tx in
            try change(
                number, wish, by: actor, mayWrite: mayWrite, baseSHA: baseSHA, isByJob: isByJob,
                try place(repository, in: tx), tx)
        }
    }

    private func change(
        _ number: Int64, _ wish: PullRequest.Wish, by actor: AccountID?, mayWrite: Bool, baseSHA: String?,
        isByJob: Bool = false, _ place: Repository, _ tx: Transaction
    ) throws -> View? {
        guard try tx.first(Self.lockOne, .int(place.id.number), .int(number)) != nil,
            let view = try view(number, in: place.id, tx)
        else { return nil }
        guard mayWrite || actor.map({ $0.number == view.facts.authorID }) ?? false else {
            throw PullRequest.Refusal(words: "it is somebody else's")
        }
        guard let (new, activity) = try view.facts.content.after(wish) else { return view }
        let isPush = new.head != view.facts.content.head
        try tx.run(
            Self.update, .int(view.id), .text(new.state.rawValue), .text(new.head), .text(new.title), .text(new.body),
            .bool(isPush && PullRequest.countsAsFork(mayWrite: mayWrite)), .text(baseSHA ?? ""))
        guard let changed = try self.view(number, in: place.id, tx) else { return nil }
        if !isByJob { try tell(activity, changed, by: actor, place, tx) }
        return changed
    }

    /// Both events that tell of it (workflows.md 5.2): that of its own workflows, and that of its base's.
    private func tell(
        _ activity: PullRequest.Activity, _ view: View, by actor: AccountID?, _ place: Repository, _ tx: Transaction
    ) throws {
        let payload = PullRequestPayload(
            activity, view.facts, owner: place.ownerName, page: "\(base)/\(place.fullName)",
            api: "\(base)/api/v1/repos/\(place.fullName)")
        let text = String(decoding: try jsonText(payload), as: UTF8.self)
        for event in [EventName.pullRequest, .pullRequestTarget] {
            _ = try InboxStore.tell(event, payload: text, in: place.id, by: actor, in: tx)
        }
    }

    private func place(_ repository: RepositoryID, in tx: Transaction) throws -> Repository {
        guard let place = try RepositoryStore.repository(repository, in: tx) else {
            throw PullRequest.Refusal(words: "the repository is gone")
        }
        guard !place.details.isArchived else { throw PullRequest.Refusal(words: "the repository is archived") }
        return place
    }

    private func view(_ number: Int64, in repository: RepositoryID, _ tx: Transaction) throws -> View? {
        try tx.first(Self.one, .int(repository.number), .int(number)).map(View.init)
    }

    // MARK: questions

    private static let openInto = Statement(
        "pull_request_open_into",
        """
        select number, head_sha from pull_request
         where repository_id = $1 and base = $2 and state = 'open' order by number limit $3
        """)
    /// Open ones of a branch, each with its head.
    public func open(into branch: String, of repository: RepositoryID) throws -> [(number: Int64, head: String)] {
        try database.read(
            Self.openInto, .int(repository.number), .text(branch), .int(Int64(PullRequestLimits.closedByPushMax))
        ).map { ($0.int(0), $0.text(1)) }
    }

    public func one(_ number: Int64, of repository: RepositoryID) throws -> View? {
        try database.read(Self.one, .int(repository.number), .int(number)).first.map(View.init)
    }

    private static let list = Statement(
        "pull_request_list",
        """
        select \(columns) \(from) where p.repository_id = $1 and p.state = any($2) order by p.number desc limit $3 offset $4
        """)
    private static let count = Statement(
        "pull_request_count", "select count(*) from pull_request where repository_id = $1 and state = any($2)")

    /// Newest first.
    ///
    /// - Parameter states: which of them; empty: none.
    public func page(
        _ states: [PullRequest.State], of repository: RepositoryID, _ part: ListPart
    ) throws -> (views: [View], total: Int64) {
        let states = Value.texts(states.map(\.rawValue))
        let views = try database.read(
            Self.list, .int(repository.number), states, .int(part.limit), .int(part.offset)
        ).map(View.init)
        return (views, try database.readOne(Self.count, .int(repository.number), states).int(0))
    }
}
