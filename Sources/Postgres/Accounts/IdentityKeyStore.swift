import Domain

/// A key pair that was just made, its private part sealed.
public struct FreshIdentityKey: Sendable {
    public let kid: String
    public let modulus: [UInt8]
    public let exponent: [UInt8]
    public let sealed: [UInt8]

    public init(kid: String, modulus: [UInt8], exponent: [UInt8], sealed: [UInt8]) {
        self.kid = kid
        self.modulus = modulus
        self.exponent = exponent
        self.sealed = sealed
    }
}

/// What verifiers are told of a key.
public struct PublishedKey: Sendable {
    public let kid: String
    public let modulus: [UInt8]
    public let exponent: [UInt8]
}

/// Writes `identity_key`.
public struct IdentityKeyStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let signing = Statement(
        "identity_key_signing", "select kid, sealed from identity_key where retired_at is null")
    private static let published = Statement(
        "identity_key_published",
        """
        select kid, modulus, exponent from identity_key
         where retired_at is null or retired_at > now() - make_interval(secs => $1::bigint) order by id desc
        """)
    /// The unique index makes a second instance wait for the first, and then do nothing.
    private static let keep = Statement(
        "identity_key_keep",
        """
        insert into identity_key (kid, modulus, exponent, sealed) values ($1, $2, $3, $4)
            on conflict ((true)) where retired_at is null do nothing
        """)
    /// Two rotations at once would each retire the same key and then both insert.
    private static let lock = Statement("identity_key_lock", "lock table identity_key in share row exclusive mode")
    private static let retire = Statement(
        "identity_key_retire", "update identity_key set retired_at = now(), sealed = null where retired_at is null")
    private static let forget = Statement(
        "identity_key_forget", "delete from identity_key where retired_at < now() - make_interval(secs => $1::bigint)")

    /// The key that signs now; nil before the first is made.
    public func signing() throws -> (kid: String, sealed: [UInt8])? {
        try database.read(Self.signing).first.map { ($0.text(0), $0.bytes(1)) }
    }

    /// Newest first.
    public func published() throws -> [PublishedKey] {
        try database.read(Self.published, .int(IdentityLimits.retiredKeySeconds)).map {
            PublishedKey(kid: $0.text(0), modulus: $0.bytes(1), exponent: $0.bytes(2))
        }
    }

    /// Makes it the first key, unless another instance was quicker.
    public func keepFirst(_ key: FreshIdentityKey) throws {
        try database.write(Self.keep, .text(key.kid), .bytes(key.modulus), .bytes(key.exponent), .bytes(key.sealed))
    }

    /// From now on this one signs. The one before can sign nothing more, and is published until what it signed is over.
    public func rotate(to key: FreshIdentityKey) throws {
        try database.transaction { tx in
            try tx.run(Self.lock)
            try tx.run(Self.forget, .int(IdentityLimits.retiredKeySeconds))
            try tx.run(Self.retire)
            try tx.run(Self.keep, .text(key.kid), .bytes(key.modulus), .bytes(key.exponent), .bytes(key.sealed))
        }
    }
}
