import Domain

/// A data key as the table has it: wrapped by a master key.
public struct WrappedKey: Equatable, Sendable {
    public let id: Int64
    public let wrapped: [UInt8]
    /// The master key's id.
    public let wrappedBy: String

    public init(id: Int64, wrapped: [UInt8], wrappedBy: String) {
        self.id = id
        self.wrapped = wrapped
        self.wrappedBy = wrappedBy
    }
}

/// Writes `encryption_key`.
///
/// The newest key seals. Those before it stay until no secret is sealed with them: the foreign key of `secret` refuses to
/// remove one that a writer, who read it a moment ago, has just used.
public struct EncryptionKeyStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let newest = Statement(
        "encryption_key_newest", "select id, wrapped, wrapped_by from encryption_key order by id desc limit 1")
    private static let all = Statement(
        "encryption_key_all", "select id, wrapped, wrapped_by from encryption_key order by id")
    private static let next = Statement(
        "encryption_key_next", "select nextval(pg_get_serial_sequence('encryption_key', 'id'))")
    private static let keep = Statement(
        "encryption_key_keep", "insert into encryption_key (id, wrapped, wrapped_by) values ($1, $2, $3)")
    private static let lock = Statement(
        "encryption_key_lock", "select id, wrapped, wrapped_by from encryption_key order by id for no key update")
    private static let replace = Statement(
        "encryption_key_replace", "update encryption_key set wrapped = $2, wrapped_by = $3 where id = $1")
    private static let unused = Statement(
        "encryption_key_unused",
        """
        select k.id from encryption_key k
         where k.id < (select max(id) from encryption_key) and not exists (select from secret s where s.key_id = k.id)
         order by k.id
        """)
    private static let remove = Statement("encryption_key_remove", "delete from encryption_key where id = $1")

    /// The key that seals; nil before the first is made.
    public func newest() throws -> WrappedKey? { try database.read(Self.newest).first.map(Self.key) }
    public func all() throws -> [WrappedKey] { try database.read(Self.all).map(Self.key) }
    /// An id for a key that is about to be wrapped.
    public func nextID() throws -> Int64 { try database.writeOne(Self.next).value(0) }
    /// It seals from now on.
    public func keep(_ key: WrappedKey) throws {
        try database.write(Self.keep, .int(key.id), .bytes(key.wrapped), .text(key.wrappedBy))
    }

    /// Removes keys that nothing is sealed with any more.
    ///
    /// - Returns: their ids.
    public func removeUnused() throws -> [Int64] {
        try database.read(Self.unused).map { $0.int(0) }.filter { id in
            do {
                try database.write(Self.remove, .int(id))
                return true
            } catch let error as PostgresError where error.isForeignKeyViolation {
                // A writer used it a moment ago; the next rotation comes back to it.
                return false
            }
        }
    }

    /// Wraps every key of the server with another master key, all or none: both tables in one transaction.
    ///
    /// - Returns: how many were changed.
    public func rewrap(
        _ change: (WrappedKey) throws -> WrappedKey?, serverKeys: (StoredServerKey) throws -> StoredServerKey?
    ) throws -> Int {
        try database.transaction { tx in
            var count = 0
            for known in try tx.run(Self.lock).map(Self.key) {
                guard let fresh = try change(known) else { continue }
                try tx.run(Self.replace, .int(known.id), .bytes(fresh.wrapped), .text(fresh.wrappedBy))
                count += 1
            }
            return try count + ServerKeyStore.rewrap(serverKeys, in: tx)
        }
    }

    private static func key(_ row: Row) -> WrappedKey {
        WrappedKey(id: row.int(0), wrapped: row.bytes(1), wrappedBy: row.text(2))
    }
}
