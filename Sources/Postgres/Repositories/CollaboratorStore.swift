import Domain

/// Writes `collaborator`: who may do what in a repository beside its owner.
public struct CollaboratorStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let list = Statement(
        "collaborator_list",
        """
        select \(Account.columns) from collaborator c join account a on a.id = c.account_id
         where c.repository_id = $1 order by a.id limit $2 offset $3
        """)
    private static let count = Statement(
        "collaborator_count", "select count(*) from collaborator where repository_id = $1")
    private static let permission = Statement(
        "collaborator_permission", "select permission from collaborator where repository_id = $1 and account_id = $2")
    private static let put = Statement(
        "collaborator_put",
        """
        insert into collaborator (repository_id, account_id, permission)
        select r.id, $2, $3 from repository r where r.id = $1 and r.deleted_at is null
        on conflict (repository_id, account_id) do update set permission = excluded.permission
        """)
    private static let remove = Statement(
        "collaborator_remove", "delete from collaborator where repository_id = $1 and account_id = $2")

    public func list(of repository: RepositoryID, _ part: ListPart) throws -> [Account] {
        try database.read(Self.list, .int(repository.number), .int(part.limit), .int(part.offset)).map {
            try Account($0)
        }
    }

    private static let members = Statement(
        "collaborator_members",
        """
        select \(Account.columns), c.permission from collaborator c join account a on a.id = c.account_id
         where c.repository_id = $1 order by lower(a.name) limit $2
        """)

    /// With what each was granted, by name.
    public func members(of repository: RepositoryID, limit: Int64) throws -> [(Account, RepositoryAccess)] {
        try database.read(Self.members, .int(repository.number), .int(limit)).compactMap { row in
            guard let access = RepositoryAccess(word: row.text(Account.columnCount)) else { return nil }
            return (try Account(row), access)
        }
    }

    public func count(of repository: RepositoryID) throws -> Int64 {
        try database.readOne(Self.count, .int(repository.number)).value(0)
    }

    /// What the account was granted; nil: nothing.
    public func permission(of account: AccountID, in repository: RepositoryID) throws -> RepositoryAccess? {
        try database.read(Self.permission, .int(repository.number), .int(account.number)).first
            .flatMap { RepositoryAccess(word: $0.text(0)) }
    }

    /// - Parameter permission: read, write or admin.
    public func put(_ account: AccountID, _ permission: String, in repository: RepositoryID) throws {
        try database.write(Self.put, .int(repository.number), .int(account.number), .text(permission))
    }

    public func remove(_ account: AccountID, from repository: RepositoryID) throws {
        try database.write(Self.remove, .int(repository.number), .int(account.number))
    }

    static func remove(_ account: AccountID, from repository: RepositoryID, in tx: Transaction) throws {
        try tx.run(remove, .int(repository.number), .int(account.number))
    }
}
