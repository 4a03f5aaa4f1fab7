import Domain

public struct Repository: Sendable {
    public let facts: RepositoryFacts
    public let ownerName: String
    public let name: String
    public let defaultBranch: String

    package init(facts: RepositoryFacts, ownerName: String, name: String, defaultBranch: String) {
        self.facts = facts
        self.ownerName = ownerName
        self.name = name
        self.defaultBranch = defaultBranch
    }

    public var id: RepositoryID { facts.id }
    public var fullName: String { "\(ownerName)/\(name)" }

    public func with(defaultBranch: String) -> Repository {
        Repository(facts: facts, ownerName: ownerName, name: name, defaultBranch: defaultBranch)
    }
}

/// Writes `repository`.
public struct RepositoryStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns = "r.id, r.owner_id, r.is_private, o.name, r.name, r.default_branch, o.visibility"
    private static let byName = Statement(
        "repository_by_name",
        """
        select \(columns), c.permission, g.rank::bigint, g.is_member
          from repository r
          join account o on o.id = r.owner_id
          left join collaborator c on c.repository_id = r.id and c.account_id = $3
          \(TeamStore.granted(to: "$3"))
         where lower(o.name) = lower($1) and lower(r.name) = lower($2)
        """)
    private static let byID = Statement(
        "repository_by_id",
        """
        select \(columns), null::text, null::bigint, false
          from repository r join account o on o.id = r.owner_id where r.id = $1
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
          from repository r join account o on o.id = r.owner_id where r.id = any($1)
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

    private static func repository(_ row: Row) throws -> Repository {
        let (id, owner, isPrivate, ownerName, name, defaultBranch, visibility) = try row.decode(
            (RepositoryID, AccountID, Bool, String, String, String, String).self)
        let (collaborator, rank, isMember) = try row.decode((String?, Int64?, Bool).self, from: 7)
        let granted = [
            collaborator.flatMap(RepositoryAccess.init(word:)),
            rank.flatMap { RepositoryAccess(rawValue: Int($0)) },
        ].compactMap(\.self).max()
        return Repository(
            facts: RepositoryFacts(
                id: id, owner: owner, isPrivate: isPrivate, granted: granted,
                ownerVisibility: Visibility(rawValue: visibility) ?? .private, isMember: isMember),
            ownerName: ownerName, name: name, defaultBranch: defaultBranch)
    }
}
