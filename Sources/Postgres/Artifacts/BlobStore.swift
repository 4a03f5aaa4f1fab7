import Domain

/// Bytes as they lie in the storage.
public struct Blob: Hashable, Sendable {
    public let id: BlobID
    public let digest: Digest
    public let bytes: Int64
    /// Stored as a client sent it, with `Content-Encoding: gzip`; `digest` and `bytes` are of what is stored.
    public let isGzip: Bool

    public init(id: BlobID, digest: Digest, bytes: Int64, isGzip: Bool) {
        self.id = id
        self.digest = digest
        self.bytes = bytes
        self.isGzip = isGzip
    }

    /// From the columns id, digest, bytes, is_gzip.
    init?(_ row: Row, at column: Int) {
        guard !row.isNull(column), let digest = Digest(bytes: row.bytes(column + 1)) else { return nil }
        self.init(
            id: BlobID(row.int(column)), digest: digest, bytes: row.int(column + 2), isGzip: row.bool(column + 3))
    }
}

/// Writes `blob`. Files of artifacts refer to blobs; one that no file names is doomed, its bytes removed, then its row.
public struct BlobStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let reserve = Statement(
        "blob_reserve", "select nextval(pg_get_serial_sequence('blob', 'id')) from generate_series(1, $1)")
    /// Locked against the sweep that dooms: PostgreSQL judges the conditions again once it has the lock.
    static let find = Statement(
        "blob_find",
        """
        select id from blob
         where owner_id = $1 and digest = $2 and is_gzip = $3 and bad_at is null and doomed_at is null
           for no key update
        """)
    static let insert = Statement(
        "blob_insert",
        """
        insert into blob (id, owner_id, digest, bytes, is_gzip) values ($1, $2, $3, $4, $5)
            on conflict (owner_id, digest, is_gzip) where bad_at is null and doomed_at is null do nothing
        returning id
        """)
    /// What lost a file, as triggers wrote it down (sql/migrations/0060); looked at once.
    private static let loose = Statement(
        "blob_loose", "select id, blob_id from blob_loose order by id limit $1 for update skip locked")
    private static let candidates = Statement(
        "blob_unnamed",
        """
        select b.id from blob b
         where b.id = any ($1) and b.doomed_at is null
         order by b.id for no key update skip locked
        """)
    private static let undoomed = Statement(
        "blob_undoomed", "select id from blob where id = any ($1) and doomed_at is null")
    private static let settleLoose = Statement("blob_loose_settle", "delete from blob_loose where id = any ($1)")
    /// Asked again under the lock: a file may have taken the blob since the first statement's snapshot.
    private static let doom = Statement(
        "blob_doom",
        """
        update blob b set doomed_at = now()
         where b.id = any ($1) and not exists (select 1 from artifact_file f where f.blob_id = b.id)
        """)
    private static let doomed = Statement(
        "blob_doomed", "select id, digest, bytes, is_gzip from blob where doomed_at is not null order by id limit $1")
    private static let delete = Statement("blob_delete", "delete from blob where id = $1 and doomed_at is not null")
    private static let due = Statement(
        "blob_check_due",
        """
        select id, digest, bytes, is_gzip from blob
         where doomed_at is null and id > $1 and (checked_at is null or checked_at < to_timestamp($2 / 1e6))
         order by id limit $3
        """)
    private static let markSound = Statement(
        "blob_mark_sound",
        """
        update blob b set checked_at = now(),
               bad_at = case when exists (select 1 from blob o where o.owner_id = b.owner_id and o.digest = b.digest
                                             and o.is_gzip = b.is_gzip and o.id <> b.id and o.bad_at is null and o.doomed_at is null)
                             then b.bad_at end
         where b.id = $1
        """)
    private static let markBad = Statement(
        "blob_mark_bad", "update blob set checked_at = now(), bad_at = coalesce(bad_at, now()) where id = $1")
    private static let total = Statement(
        "blob_total", "select coalesce(sum(bytes), 0)::bigint from blob where doomed_at is null")
    private static let known = Statement("blob_known", "select id from blob where id = any ($1)")
    private static let holders = Statement(
        "blob_holders",
        """
        select a.id, a.name, o.name || '/' || r.name
          from artifact_file f join artifact a on a.id = f.artifact_id
          join repository r on r.id = a.repository_id join account o on o.id = r.owner_id
         where f.blob_id = $1 order by a.id limit 20
        """)

    /// Numbers for blobs to come; a file is named before its row is there.
    public func reserve(_ count: Int) throws -> [BlobID] {
        try database.write(Self.reserve, .int(Int64(count))).map { BlobID($0.int(0)) }
    }

    /// The owner's blob of these bytes: one that is there, or this one. The transaction holds it until its end.
    func keep(_ blob: Blob, of owner: AccountID, in tx: Transaction) throws -> BlobID {
        // Whoever inserted the same bytes a moment ago has committed when the insert returns nothing.
        for _ in 0..<BlobLimits.keepTriesMax {
            if let found = try tx.first(
                Self.find, .int(owner.number), .bytes(blob.digest.bytes), .bool(blob.isGzip))
            {
                return BlobID(found.int(0))
            }
            if try tx.first(
                Self.insert, .int(blob.id.number), .int(owner.number), .bytes(blob.digest.bytes), .int(blob.bytes),
                .bool(blob.isGzip)) != nil
            {
                return blob.id
            }
        }
        throw PostgresError(
            sqlState: "40001", message: "the blob \(blob.digest.hex) came and went while it was stored",
            statement: "blob_insert")
    }

    /// Takes what no file names out of use. Its bytes may be removed once this is committed.
    ///
    /// - Returns: how many were looked at; as many as `limit`: there may be more.
    @discardableResult
    public func doomUnnamed(limit: Int) throws -> Int {
        try database.transaction { tx in
            let loose = try tx.run(Self.loose, .int(Int64(limit))).map { (entry: $0.int(0), blob: $0.int(1)) }
            guard !loose.isEmpty else { return 0 }
            let blobs = Array(Set(loose.map(\.blob))).sorted()
            let locked = Set(try tx.run(Self.candidates, .ints(blobs)).map { $0.int(0) })
            if !locked.isEmpty { try tx.run(Self.doom, .ints(locked.sorted())) }
            // One that somebody else holds is looked at again: whoever holds it may put it back.
            let held = Set(try tx.run(Self.undoomed, .ints(blobs)).map { $0.int(0) }).subtracting(locked)
            try tx.run(Self.settleLoose, .ints(loose.filter { !held.contains($0.blob) }.map(\.entry)))
            return held.isEmpty ? loose.count : 0
        }
    }

    public func doomed(limit: Int) throws -> [Blob] {
        try database.read(Self.doomed, .int(Int64(limit))).compactMap { Blob($0, at: 0) }
    }

    /// After its bytes are gone.
    public func delete(_ blob: BlobID) throws { try database.write(Self.delete, .int(blob.number)) }

    /// Bytes of all blobs in use.
    public func totalBytes() throws -> Int64 { try database.readOne(Self.total).value(0) }

    /// Those of these numbers that have a row, doomed or not.
    public func known(_ ids: [BlobID]) throws -> Set<BlobID> {
        Set(try database.read(Self.known, .ints(ids.map(\.number))).map { BlobID($0.int(0)) })
    }

    /// Blobs to read again, by id.
    public func due(after: BlobID, checkedBefore: Instant, limit: Int) throws -> [Blob] {
        try database.read(Self.due, .int(after.number), .int(checkedBefore.microseconds), .int(Int64(limit)))
            .compactMap { Blob($0, at: 0) }
    }

    /// A bad one that is sound again (a backup was put back) is served again, unless the same bytes were uploaded anew.
    public func mark(_ blob: BlobID, isSound: Bool) throws {
        try database.write(isSound ? Self.markSound : Self.markBad, .int(blob.number))
    }

    /// Who loses when the blob is bad: artifact, its name, its repository.
    public func holders(of blob: BlobID) throws -> [(id: ArtifactID, name: String, repository: String)] {
        try database.read(Self.holders, .int(blob.number)).map { (ArtifactID($0.int(0)), $0.text(1), $0.text(2)) }
    }
}

enum BlobLimits {
    /// Rounds of find and insert; the second finds what the first could not insert.
    static let keepTriesMax = 3
}
