import Domain

/// Writes `repository_redirect`: addresses that repositories had, until another repository takes the name.
public struct RepositoryRedirects: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let find = Statement(
        "repository_redirect_find",
        """
        select d.repository_id from repository_redirect d join account o on o.id = d.owner_id
         where lower(o.name) = lower($1) and lower(d.name) = lower($2)
        """)
    private static let keep = Statement(
        "repository_redirect_keep",
        """
        insert into repository_redirect (owner_id, name, repository_id) values ($1, $2, $3)
        on conflict (owner_id, lower(name)) do update set repository_id = excluded.repository_id, name = excluded.name
        """)
    private static let drop = Statement(
        "repository_redirect_drop", "delete from repository_redirect where owner_id = $1 and lower(name) = lower($2)")

    /// The repository that had this address before.
    public func repository(owner: String, name: String) throws -> RepositoryID? {
        try database.read(Self.find, .text(owner), .text(name)).first.map { RepositoryID($0.int(0)) }
    }

    /// From now on the address leads to the repository.
    static func keep(owner: AccountID, name: String, to repository: RepositoryID, in tx: Transaction) throws {
        try tx.run(keep, .int(owner.number), .text(name), .int(repository.number))
    }

    /// A repository has the name now.
    static func drop(owner: AccountID, name: String, in tx: Transaction) throws {
        try tx.run(drop, .int(owner.number), .text(name))
    }
}
