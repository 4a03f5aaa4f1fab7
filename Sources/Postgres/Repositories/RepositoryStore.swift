import Domain

/// What the API shows of a repository beside its name.
public struct RepositoryDetails: Sendable {
    public var description = ""
    public var website = ""
    public var isTemplate = false
    public var isArchived = false
    /// False: workflows are switched off here.
    public var hasActions = true
    /// Whether anything may start here.
    public var mayStart: Bool { hasActions && !isArchived }
    /// Microseconds since 1970, as all times here.
    public var archivedAt: Int64?
    public var createdAt: Int64 = 0
    public var updatedAt: Int64 = 0
    public var gitBytes: Int64 = 0
    public init() {}
}

public struct Repository: Sendable {
    public let facts: RepositoryFacts
    public let ownerName: String
    public let name: String
    public let defaultBranch: String
    public let details: RepositoryDetails
    /// Nil of one that stands in an example.
    public let owner: Account?

    package init(
        facts: RepositoryFacts, ownerName: String, name: String, defaultBranch: String,
        details: RepositoryDetails = RepositoryDetails(), owner: Account? = nil
    ) {
        self.facts = facts
        self.ownerName = ownerName
        self.name = name
        self.defaultBranch = defaultBranch
        self.details = details
        self.owner = owner
    }

    public var id: RepositoryID { facts.id }
    public var fullName: String { "\(ownerName)/\(name)" }

    public func with(defaultBranch: String) -> Repository {
        Repository(
            facts: facts, ownerName: ownerName, name: name, defaultBranch: defaultBranch, details: details,
            owner: owner)
    }
}

/// Writes `repository`.
public struct RepositoryStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// The repository `r`, its owner `a`.
    static let columns = """
        r.id, r.owner_id, r.is_private, r.name, r.default_branch, r.description, r.website, r.is_template,
        r.is_archived, r.archived_at, r.created_at, r.updated_at, r.git_bytes, r.has_actions, \(Account.columns)
        """
    /// What somebody was given there; the parameter names their account.
    static func grants(to account: String) -> String {
        """
        left join collaborator c on c.repository_id = r.id and c.account_id = \(account)
        \(TeamStore.granted(to: account))
        """
    }
    static let grantColumns = "c.permission, g.rank::bigint, coalesce(g.is_member, false)"
    private static let byName = Statement(
        "repository_by_name",
        """
        select \(columns), \(grantColumns)
          from repository r
          join account a on a.id = r.owner_id
          \(grants(to: "$3"))
         where lower(a.name) = lower($1) and lower(r.name) = lower($2) and r.deleted_at is null
        """)
    private static let byID = Statement(
        "repository_by_id",
        """
        select \(columns), null::text, null::bigint, false
          from repository r join account a on a.id = r.owner_id where r.id = $1 and r.deleted_at is null
        """)
    private static let insert = Statement(
        "repository_insert",
        "insert into repository (owner_id, name, is_private) values ($1, $2, $3) returning id")

    /// Names match case-insensitively; the answer carries the stored spelling (rest.md 1).
    public func repository(owner: String, name: String, seenBy account: AccountID?) throws -> Repository? {
        try database.read(Self.byName, .text(owner), .text(name), .int(account?.number ?? 0)).first.map {
            try Self.repository($0)
        }
    }
    public func repository(_ id: RepositoryID) throws -> Repository? {
        try database.read(Self.byID, .int(id.number)).first.map { try Self.repository($0) }
    }
    private static let byIDs = Statement(
        "repository_by_ids",
        """
        select \(columns), null::text, null::bigint, false
          from repository r join account a on a.id = r.owner_id where r.id = any($1) and r.deleted_at is null
        """)
    /// Those of a page, at once; one that is gone is not there.
    public func repositories(_ ids: Set<RepositoryID>) throws -> [RepositoryID: Repository] {
        guard !ids.isEmpty else { return [:] }
        let found = try database.read(Self.byIDs, .ints(ids.map(\.number))).map { try Self.repository($0) }
        return Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
    /// The same inside of a transaction.
    public static func repository(_ id: RepositoryID, in tx: Transaction) throws -> Repository? {
        try tx.first(Self.byID, .int(id.number)).map { try Self.repository($0) }
    }

    private static let adoptBranch = Statement(
        "repository_adopt_branch",
        "update repository set default_branch = $3 where id = $1 and default_branch = $2")
    /// Makes another branch the default one, unless somebody did it first.
    public func adoptDefaultBranch(_ branch: String, of repository: RepositoryID, insteadOf old: String) throws {
        try database.write(Self.adoptBranch, .int(repository.number), .text(old), .text(branch))
    }

    public func create(owner: AccountID, name: String, isPrivate: Bool) throws -> RepositoryID {
        try database.writeOne(Self.insert, .int(owner.number), .text(name), .bool(isPrivate)).value(0)
    }

    // MARK: made and changed by people

    private static let nextID = Statement(
        "repository_next_id", "select nextval(pg_get_serial_sequence('repository', 'id'))")
    private static let insertAs = Statement(
        "repository_insert_as",
        """
        insert into repository (id, owner_id, name, is_private, default_branch, description, is_template, git_bytes)
        overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8)
        """)

    public struct Fresh: Sendable {
        public let owner: AccountID
        public let name: String
        public var isPrivate = false
        public var isTemplate = false
        public var description = ""
        public var defaultBranch = "main"
        public init(owner: AccountID, name: String) {
            self.owner = owner
            self.name = name
        }
    }

    /// An id that nobody else gets: the directory of a repository is there before its row.
    public func reserve() throws -> RepositoryID { try database.writeOne(Self.nextID).value(0) }

    /// - Throws: a unique violation when the owner has a repository of the name.
    public func create(_ fresh: Fresh, as id: RepositoryID, gitBytes: Int64) throws {
        try database.transaction { tx in
            try tx.run(
                Self.insertAs, .int(id.number), .int(fresh.owner.number), .text(fresh.name), .bool(fresh.isPrivate),
                .text(fresh.defaultBranch), .text(fresh.description), .bool(fresh.isTemplate), .int(gitBytes))
            try RepositoryRedirects.drop(owner: fresh.owner, name: fresh.name, in: tx)
        }
    }

    /// What somebody wants changed; nil: it stays.
    public struct Edit: Sendable {
        public var name: String?
        public var isPrivate: Bool?
        public var isTemplate: Bool?
        public var isArchived: Bool?
        public var description: String?
        public var website: String?
        public var defaultBranch: String?
        public var hasActions: Bool?
        public init() {}
    }
    private static let shareOwner = Statement(
        "repository_share_owner", "select owner_id from repository where id = $1 for share")
    /// Who owns it until the transaction ends: a transfer waits for that, and then finds what was made for the old owner.
    static func owner(of repository: RepositoryID, in tx: Transaction) throws -> AccountID? {
        try tx.first(Self.shareOwner, .int(repository.number)).map { AccountID($0.int(0)) }
    }

    private static let lockAddress = Statement(
        "repository_lock_address",
        "select owner_id, name from repository where id = $1 and deleted_at is null for no key update")
    private static let edit = Statement(
        "repository_edit",
        """
        update repository set name = coalesce($2, name), is_private = coalesce($3, is_private),
               is_template = coalesce($4, is_template), is_archived = coalesce($5, is_archived),
               archived_at = case when $5 then coalesce(archived_at, now()) when not $5 then null else archived_at end,
               description = coalesce($6, description), website = coalesce($7, website),
               default_branch = coalesce($8, default_branch), has_actions = coalesce($9, has_actions),
               updated_at = now()
         where id = $1
        """)

    /// Changes a repository; its old address leads to it from then on.
    ///
    /// - Returns: false when it is gone.
    /// - Throws: a unique violation when the owner has another repository of the new name.
    public func edit(_ repository: RepositoryID, _ edit: Edit) throws -> Bool {
        try database.transaction { tx in
            guard let row = try tx.first(Self.lockAddress, .int(repository.number)) else { return false }
            let (owner, old) = (AccountID(row.int(0)), row.text(1))
            try tx.run(
                Self.edit, .int(repository.number), .optional(edit.name), .optional(edit.isPrivate),
                .optional(edit.isTemplate), .optional(edit.isArchived), .optional(edit.description),
                .optional(edit.website), .optional(edit.defaultBranch), .optional(edit.hasActions))
            if let name = edit.name, name != old { try move(repository, from: (owner, old), to: (owner, name), in: tx) }
            return true
        }
    }

    private static let setOwner = Statement(
        "repository_set_owner", "update repository set owner_id = $2, updated_at = now() where id = $1")

    /// Hands a repository over; what counts for its owner follows: jobs that are not done, artifacts, pushes.
    ///
    /// - Returns: false when it is gone.
    /// - Throws: a unique violation when the new owner has a repository of the name.
    public func transfer(_ repository: RepositoryID, to owner: AccountID) throws -> Bool {
        let isThere = try database.transaction { tx in
            guard let row = try tx.first(Self.lockAddress, .int(repository.number)) else { return false }
            let (old, name) = (AccountID(row.int(0)), row.text(1))
            guard old != owner else { return true }
            try tx.run(Self.setOwner, .int(repository.number), .int(owner.number))
            try move(repository, from: (old, name), to: (owner, name), in: tx)
            try CollaboratorStore.remove(owner, from: repository, in: tx)
            try TeamStore.forget(repository, in: tx)
            try JobStore.handOver(of: repository, to: owner, in: tx)
            try ArtifactStore.handOver(of: repository, to: owner, in: tx)
            try InboxStore.handOver(of: repository, to: owner, in: tx)
            return true
        }
        if isThere { while try JobStore.handOverFinished(of: repository, to: owner, in: database) {} }
        return isThere
    }

    private typealias Address = (owner: AccountID, name: String)
    private func move(
        _ repository: RepositoryID, from old: Address, to new: Address, in tx: Transaction
    ) throws {
        try RepositoryRedirects.keep(owner: old.owner, name: old.name, to: repository, in: tx)
        // Last: a new spelling of the old name leads nowhere but to itself.
        try RepositoryRedirects.drop(owner: new.owner, name: new.name, in: tx)
    }

    private static let pushed = Statement(
        "repository_pushed",
        "update repository set updated_at = now(), git_bytes = $2 where id = $1 and deleted_at is null")

    /// Something was pushed to it.
    ///
    /// - Parameter gitBytes: of its objects by now.
    public func pushed(_ repository: RepositoryID, gitBytes: Int64) throws {
        try database.write(Self.pushed, .int(repository.number), .int(gitBytes))
    }

    // MARK: removal

    private static let markDeleted = Statement(
        "repository_mark_deleted",
        """
        update repository set deleted_at = now(), is_private = true, name = id || '.deleted.wiki'
         where id = $1 and deleted_at is null returning id
        """)
    private static let deleted = Statement(
        "repository_deleted", "select id from repository where deleted_at is not null order by id limit $1")
    private static let remove = Statement(
        "repository_remove",
        """
        delete from repository r where r.id = $1 and r.deleted_at is not null
           and not exists (select 1 from run where repository_id = r.id)
        returning r.id
        """)

    /// From now on nobody sees it, and its name is free; a sweep removes what it had.
    ///
    /// - Returns: false when it was gone before.
    public func delete(_ repository: RepositoryID) throws -> Bool {
        try database.write(Self.markDeleted, .int(repository.number)).first != nil
    }

    /// Repositories that wait for their removal.
    public func deleted(limit: Int) throws -> [RepositoryID] {
        try database.read(Self.deleted, .int(Int64(limit))).map { RepositoryID($0.int(0)) }
    }

    /// Removes the row of a deleted repository, and what has no file; its runs and files went before.
    ///
    /// - Returns: false when it still has runs, or is gone.
    public func remove(_ repository: RepositoryID) throws -> Bool {
        try database.write(Self.remove, .int(repository.number)).first != nil
    }

    // MARK: artifacts

    /// What a repository has of its own; nil: the instance's.
    public struct ArtifactOverrides: Sendable {
        public var quotaBytes: Int64?
        public var retentionSeconds: Int64?
        public var keepLast: Int64?
    }
    private static let overrides = Statement(
        "repository_artifact_overrides",
        "select artifact_quota_bytes, artifact_retention_seconds, artifact_keep_last from repository where id = $1")
    private static let setOverrides = Statement(
        "repository_set_artifact_overrides",
        """
        update repository set artifact_quota_bytes = $2, artifact_retention_seconds = $3, artifact_keep_last = $4 where id = $1
        """)

    /// Changes what a repository has of its own, and gives it back as it is then.
    public func artifactOverrides(
        of repository: RepositoryID, change: (inout ArtifactOverrides) -> Void
    ) throws -> ArtifactOverrides {
        try database.transaction { tx in
            let row = try tx.first(Self.overrides, .int(repository.number))
            var overrides = ArtifactOverrides(
                quotaBytes: row?.optionalInt(0), retentionSeconds: row?.optionalInt(1), keepLast: row?.optionalInt(2))
            change(&overrides)
            try tx.run(
                Self.setOverrides, .int(repository.number), .optional(overrides.quotaBytes),
                .optional(overrides.retentionSeconds), .optional(overrides.keepLast))
            return overrides
        }
    }

    static func repository(_ row: Row) throws -> Repository {
        let (id, ownerID, isPrivate, name, defaultBranch) = try row.decode(
            (RepositoryID, AccountID, Bool, String, String).self)
        var details = RepositoryDetails()
        let archivedAt: Instant?
        let createdAt: Instant
        let updatedAt: Instant
        (
            details.description, details.website, details.isTemplate, details.isArchived, archivedAt, createdAt,
            updatedAt, details.gitBytes, details.hasActions
        ) = try row.decode((String, String, Bool, Bool, Instant?, Instant, Instant, Int64, Bool).self, from: 5)
        details.archivedAt = archivedAt?.microseconds
        details.createdAt = createdAt.microseconds
        details.updatedAt = updatedAt.microseconds
        let owner = try Account(row, from: 14)
        let (collaborator, rank, isMember) = try row.decode(
            (String?, Int64?, Bool).self, from: 14 + Account.columnCount)
        let granted = [
            collaborator.flatMap(RepositoryAccess.init(word:)),
            rank.flatMap { RepositoryAccess(rawValue: Int($0)) },
        ].compactMap(\.self).max()
        return Repository(
            facts: RepositoryFacts(
                id: id, owner: ownerID, isPrivate: isPrivate, granted: granted, ownerVisibility: owner.visibility,
                isMember: isMember),
            ownerName: owner.name, name: name, defaultBranch: defaultBranch, details: details, owner: owner)
    }
}
