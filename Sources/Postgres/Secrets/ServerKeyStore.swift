import Domain

/// A key that all instances share, as the table has it.
public struct StoredServerKey: Equatable, Sendable {
    public let purpose: String
    /// The key itself, or what wraps it.
    public let key: [UInt8]
    /// The master key's id; nil: `key` is the key itself.
    public let wrappedBy: String?

    public init(purpose: String, key: [UInt8], wrappedBy: String?) {
        self.purpose = purpose
        self.key = key
        self.wrappedBy = wrappedBy
    }
}

/// Writes `server_key`.
public struct ServerKeyStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let get = Statement(
        "server_key_get", "select purpose, key, wrapped_by from server_key where purpose = $1")
    private static let keep = Statement(
        "server_key_keep",
        "insert into server_key (purpose, key, wrapped_by) values ($1, $2, $3) on conflict do nothing")
    private static let all = Statement(
        "server_key_all", "select purpose, key, wrapped_by from server_key order by purpose")
    private static let lock = Statement(
        "server_key_lock", "select purpose, key, wrapped_by from server_key order by purpose for no key update")
    private static let replace = Statement(
        "server_key_replace", "update server_key set key = $2, wrapped_by = $3 where purpose = $1")

    /// The key of a purpose; the first instance to ask makes it.
    public func key(_ purpose: String, orElse make: () throws -> StoredServerKey) throws -> StoredServerKey {
        if let row = try database.read(Self.get, .text(purpose)).first { return Self.key(row) }
        let fresh = try make()
        try database.write(Self.keep, .text(purpose), .bytes(fresh.key), .optional(fresh.wrappedBy))
        // Another may have been quicker.
        return try database.read(Self.get, .text(purpose)).first.map(Self.key) ?? fresh
    }

    public func all() throws -> [StoredServerKey] { try database.read(Self.all).map(Self.key) }

    /// Every key as `change` makes it, in the caller's transaction; nil leaves one as it is.
    static func rewrap(_ change: (StoredServerKey) throws -> StoredServerKey?, in tx: Transaction) throws -> Int {
        var count = 0
        for known in try tx.run(lock).map(key) {
            guard let fresh = try change(known) else { continue }
            try tx.run(replace, .text(known.purpose), .bytes(fresh.key), .optional(fresh.wrappedBy))
            count += 1
        }
        return count
    }

    private static func key(_ row: Row) -> StoredServerKey {
        StoredServerKey(purpose: row.text(0), key: row.bytes(1), wrappedBy: row.optionalText(2))
    }
}
