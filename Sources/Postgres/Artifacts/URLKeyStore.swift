import Domain

/// A key of signed addresses as the table has it.
public struct SealedURLKey: Sendable {
    public let id: Int64
    public let sealed: [UInt8]
    /// So old that every instance has read it.
    public let isKnownEverywhere: Bool
}

/// Writes `url_key`.
///
/// Ages are PostgreSQL's to say, so that instances whose clocks differ agree on them.
public struct URLKeyStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let live = Statement(
        "url_key_live",
        """
        select id, sealed, created_at < now() - make_interval(secs => $1::bigint)
          from url_key where retired_at is null order by id
        """)
    private static let next = Statement("url_key_next", "select nextval(pg_get_serial_sequence('url_key', 'id'))")
    /// Two instances that make the first key at once must end with one.
    private static let lock = Statement("url_key_lock", "lock table url_key in share row exclusive mode")
    private static let keepFirst = Statement(
        "url_key_keep_first",
        """
        insert into url_key (id, sealed) select $1, $2
         where not exists (select from url_key where retired_at is null)
        """)
    private static let keep = Statement("url_key_keep", "insert into url_key (id, sealed) values ($1, $2)")
    /// A key has signed its last when the next one was known everywhere.
    private static let retire = Statement(
        "url_key_retire",
        """
        update url_key set sealed = null, retired_at = now()
         where retired_at is null
           and exists (select from url_key newer
                        where newer.id > url_key.id
                          and newer.created_at < now() - make_interval(secs => $1::bigint))
        returning id
        """)

    /// The keys that verify, oldest first.
    public func live() throws -> [SealedURLKey] {
        try database.read(Self.live, .int(SignedURLLimits.keySettlesSeconds)).map {
            SealedURLKey(id: $0.int(0), sealed: $0.bytes(1), isKnownEverywhere: $0.bool(2))
        }
    }

    /// An id for a key that is about to be sealed.
    public func nextID() throws -> Int64 {
        try database.writeOne(Self.next).value(0)
    }

    /// Makes it the first key, unless another instance was quicker.
    public func keepFirst(id: Int64, sealed: [UInt8]) throws {
        try database.transaction { tx in
            try tx.run(Self.lock)
            try tx.run(Self.keepFirst, .int(id), .bytes(sealed))
        }
    }

    /// It signs as soon as every instance has read it.
    public func keep(id: Int64, sealed: [UInt8]) throws {
        try database.write(Self.keep, .int(id), .bytes(sealed))
    }

    /// Takes the secrets of keys whose last address is over.
    ///
    /// - Returns: their ids.
    public func retire() throws -> [Int64] {
        try database.write(Self.retire, .int(SignedURLLimits.keyLastsSeconds)).map { $0.int(0) }
    }
}
