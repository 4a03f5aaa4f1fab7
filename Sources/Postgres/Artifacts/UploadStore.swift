import Domain

/// How the content of an upload comes about.
public enum UploadMode: String, Sendable {
    /// Blocks, and no list of them yet.
    case blocks
    /// A list, or a single shot, says what the content is.
    case listed
    /// The order of arrival.
    case append
    /// v3: ranges of one file.
    case ranges
}

/// One file on its way, with what decides whether it may go on.
public struct Upload: Sendable {
    public let id: UploadID
    public let artifact: ArtifactID
    public let path: String
    public let mode: UploadMode
    public let total: Int64?
    public let isGzip: Bool
    public let isFinished: Bool
    public let isClosed: Bool
    public let taskIsLive: Bool
    public let repository: RepositoryID
    public let owner: AccountID

    public var isOpen: Bool { !isFinished && !isClosed }

    init(_ row: Row) {
        id = UploadID(row.int(0))
        artifact = ArtifactID(row.int(1))
        path = row.text(2)
        mode = UploadMode(rawValue: row.text(3)) ?? .blocks
        total = row.optionalInt(4)
        isGzip = row.bool(5)
        isFinished = row.bool(6)
        isClosed = row.bool(7)
        taskIsLive = row.bool(8)
        repository = RepositoryID(row.int(9))
        owner = AccountID(row.int(10))
    }
}

/// A block as it lies in the staging of its upload.
public struct StagedBlock: Sendable {
    public let file: String
    public let bytes: Int64
    /// v3: where its bytes belong.
    public let firstByte: Int64

    public init(file: String, bytes: Int64, firstByte: Int64 = 0) {
        self.file = file
        self.bytes = bytes
        self.firstByte = firstByte
    }

    init(_ row: Row) { self.init(file: row.text(0), bytes: row.int(1), firstByte: row.int(2)) }
}

public enum UploadProblem: Error, Equatable, Sendable {
    /// Unknown, given up, or its job has ended.
    case missing
    case finished
    case tooManyBlocks
    case tooManyFiles
    /// An append that says where it goes, and the content does not end there.
    case appendedElsewhere(length: Int64)
    /// Appending to what has a list, or the reverse.
    case otherMode(UploadMode)
}

/// What a change of an upload left behind: names in its staging that nothing needs any more.
public struct DroppedFiles: Sendable {
    public let upload: UploadID
    public let files: [String]

    public init(upload: UploadID, files: [String]) {
        self.upload = upload
        self.files = files
    }
}

/// Writes `upload` and `upload_block`.
public struct UploadStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        """
        u.id, u.artifact_id, u.path, u.mode, u.total, u.is_gzip, u.finished_at is not null, u.closed_at is not null,
        t.status in (6, 8), a.repository_id, a.owner_id
        """
    private static let byID = Statement(
        "upload_by_id",
        """
        select \(columns) from upload u join artifact a on a.id = u.artifact_id join task t on t.id = u.task_id
         where u.id = $1
        """)
    private static let open = Statement(
        "upload_open",
        """
        insert into upload (artifact_id, task_id, path, mode, total, is_gzip) values ($1, $2, $3, $4, $5, $6) returning id
        """)
    private static let openOfPath = Statement(
        "upload_open_of_path",
        """
        select \(columns) from upload u join artifact a on a.id = u.artifact_id join task t on t.id = u.task_id
         where u.artifact_id = $1 and u.task_id = $2 and u.path = $3 and u.finished_at is null and u.closed_at is null
        """)
    private static let lock = Statement(
        "upload_lock",
        "select mode, finished_at is not null, closed_at is not null from upload where id = $1 for no key update")
    /// One statement: the block is there, or the upload takes none any more. The lock waits for whoever ends the upload or
    /// makes a list, and for no other block. Two that send the same block at once leave a file that no row names; it goes
    /// with the staging.
    private static let put = Statement(
        "upload_block_put",
        """
        with open as (
            select id from upload where id = $1 and finished_at is null and closed_at is null for share),
        prior as (
            select file from upload_block where upload_id = $1 and key = $2 and position is null)
        insert into upload_block (upload_id, key, file, bytes, first_byte) select id, $2, $3, $4, $5 from open
            on conflict (upload_id, key) where position is null
            do update set file = excluded.file, bytes = excluded.bytes, first_byte = excluded.first_byte
        returning (select file from prior)
        """)
    private static let place = Statement(
        "upload_block_place",
        """
        insert into upload_block (upload_id, key, file, bytes, first_byte, position) values ($1, $2, $3, $4, $5, $6)
        """)
    private static let extent = Statement(
        "upload_extent",
        """
        select coalesce(sum(bytes), 0)::bigint, coalesce(max(position), 0)::bigint, count(*)
          from upload_block where upload_id = $1 and position is not null
        """)
    private static let dropAll = Statement(
        "upload_block_drop_all", "delete from upload_block where upload_id = any ($1) returning file")
    private static let staged = Statement(
        "upload_staged",
        "select count(*), coalesce(sum(bytes), 0)::bigint from upload_block where upload_id = $1")
    /// Files that are there, and those on their way.
    private static let fileCount = Statement(
        "upload_file_count",
        """
        select (select count(*) from artifact_file where artifact_id = $1)
             + (select count(*) from upload where artifact_id = $1 and finished_at is null and closed_at is null)
        """)
    private static let setMode = Statement("upload_set_mode", "update upload set mode = $2 where id = $1")
    private static let setTotal = Statement(
        "upload_set_total", "update upload set total = $2, is_gzip = $3 where id = $1")
    /// What was sent last of every id: "Latest".
    private static let latest = Statement(
        "upload_block_latest",
        """
        select distinct on (key) id, key from upload_block where upload_id = $1
         order by key, (position is not null), id desc
        """)
    private static let dropOthers = Statement(
        "upload_block_drop_others",
        "delete from upload_block where upload_id = $1 and id <> all ($2) returning file")
    private static let unplace = Statement(
        "upload_block_unplace", "update upload_block set position = null where upload_id = $1 and position is not null")
    private static let setPositions = Statement(
        "upload_block_set_positions",
        """
        update upload_block b set position = l.place
          from unnest($2::bigint[]) with ordinality as l (id, place) where b.upload_id = $1 and b.id = l.id
        """)
    private static let content = Statement(
        "upload_content",
        """
        select file, bytes, coalesce(first_byte, 0) from upload_block where upload_id = $1 and position is not null
         order by position
        """)
    private static let ranges = Statement(
        "upload_ranges",
        "select file, bytes, coalesce(first_byte, 0) from upload_block where upload_id = $1 order by first_byte, bytes")
    private static let ofArtifact = Statement(
        "upload_of_artifact",
        """
        select \(columns) from upload u join artifact a on a.id = u.artifact_id join task t on t.id = u.task_id
         where u.artifact_id = $1 and u.task_id = $2 and u.finished_at is null and u.closed_at is null order by u.path
        """)
    private static let finish = Statement(
        "upload_finish", "update upload set finished_at = now() where id = any ($1) and finished_at is null")
    private static let close = Statement(
        "upload_close",
        "update upload set closed_at = now() where id = any ($1) and finished_at is null and closed_at is null")
    private static let closeOfArtifacts = Statement(
        "upload_close_of_artifacts",
        """
        update upload set closed_at = now()
         where artifact_id = any ($1) and finished_at is null and closed_at is null returning id
        """)
    private static let closeAbandoned = Statement(
        "upload_close_abandoned",
        """
        update upload u set closed_at = now()
         where u.id in (
            select o.id from upload o join task t on t.id = o.task_id join artifact a on a.id = o.artifact_id
             where o.finished_at is null and o.closed_at is null and t.status not in (6, 8)
               and greatest(t.stopped_at, a.touched_at, o.created_at) < now() - make_interval(secs => $1)
             order by o.id limit $2 for no key update of o skip locked)
        """)
    private static let over = Statement(
        "upload_over",
        """
        select id from upload
         where (finished_at is not null or closed_at is not null)
           and (closed_at is not null or finished_at < now() - make_interval(secs => $1)) order by id limit $2
        """)
    private static let delete = Statement(
        "upload_delete", "delete from upload where id = $1 and (finished_at is not null or closed_at is not null)")
    private static let alive = Statement(
        "upload_alive", "select id from upload where id = any ($1) and finished_at is null and closed_at is null")

    public func upload(_ id: UploadID) throws -> Upload? {
        try database.read(Self.byID, .int(id.number)).first.map(Upload.init)
    }

    func open(
        for artifact: ArtifactID, task: TaskID, path: String, mode: UploadMode, total: Int64? = nil,
        isGzip: Bool = false,
        in tx: Transaction
    ) throws -> UploadID {
        try tx.one(
            Self.open, .int(artifact.number), .int(task.number), .text(path), .text(mode.rawValue), .optional(total),
            .bool(isGzip)
        ).value(0)
    }

    /// What was sent so far, in a list or not.
    public func staged(in upload: UploadID) throws -> (blocks: Int64, bytes: Int64) {
        try database.readOne(Self.staged, .int(upload.number)).decode((Int64, Int64).self)
    }

    // MARK: v4

    /// Stages a block; one with the same id replaces the one before.
    ///
    /// - Returns: the replaced one's file.
    /// - Throws: `UploadProblem.missing`, `.finished`; nothing is kept then.
    public func put(_ block: BlockID, file: String, bytes: Int64, into upload: UploadID) throws -> DroppedFiles {
        guard
            let row = try database.write(
                Self.put, .int(upload.number), .bytes(block.bytes), .text(file), .int(bytes), .null(.int)
            ).first
        else { throw try refusal(of: upload) }
        return DroppedFiles(upload: upload, files: [row.optionalText(0)].compactMap { $0 })
    }

    private func refusal(of upload: UploadID) throws -> UploadProblem {
        try database.read(Self.byID, .int(upload.number)).first.map(Upload.init)?.isFinished == true
            ? .finished : .missing
    }

    /// The content is these blocks in this order; what is in no list goes.
    ///
    /// - Throws: `BlockProblem.notStaged`; what was sent stays.
    public func commitList(_ list: [BlockID], of upload: UploadID) throws -> DroppedFiles {
        try database.transaction { tx in
            let mode = try lock(upload, in: tx)
            guard mode != .append, mode != .ranges else { throw UploadProblem.otherMode(mode) }
            var numbers: [[UInt8]: Int64] = [:]
            for row in try tx.run(Self.latest, .int(upload.number)) { numbers[row.bytes(1)] = row.int(0) }
            var chosen: [Int64] = []
            for (place, id) in list.enumerated() {
                // Taken out, so that a list that names a block twice is refused as well.
                guard let number = numbers.removeValue(forKey: id.bytes) else {
                    throw BlockProblem.notStaged(place: place + 1)
                }
                chosen.append(number)
            }
            let dropped = try tx.run(Self.dropOthers, .int(upload.number), .ints(chosen)).map { $0.text(0) }
            try tx.run(Self.unplace, .int(upload.number))
            try tx.run(Self.setPositions, .int(upload.number), .ints(chosen))
            try tx.run(Self.setMode, .int(upload.number), .text(UploadMode.listed.rawValue))
            return DroppedFiles(upload: upload, files: dropped)
        }
    }

    /// The content is this one file, whatever was sent before.
    public func putWhole(_ file: String, bytes: Int64, into upload: UploadID) throws -> DroppedFiles {
        try database.transaction { tx in
            _ = try lock(upload, in: tx)
            let dropped = try tx.run(Self.dropAll, .ints([upload.number])).map { $0.text(0) }
            try tx.run(
                Self.place, .int(upload.number), .bytes([]), .text(file), .int(bytes), .null(.int), .int(1))
            try tx.run(Self.setMode, .int(upload.number), .text(UploadMode.listed.rawValue))
            return DroppedFiles(upload: upload, files: dropped)
        }
    }

    /// Empties the content; what is appended from now on is it.
    public func beginAppending(to upload: UploadID) throws -> DroppedFiles {
        try database.transaction { tx in
            _ = try lock(upload, in: tx)
            let dropped = try tx.run(Self.dropAll, .ints([upload.number])).map { $0.text(0) }
            try tx.run(Self.setMode, .int(upload.number), .text(UploadMode.append.rawValue))
            return DroppedFiles(upload: upload, files: dropped)
        }
    }

    /// - Parameter offset: where the client thinks that the content ends; another end is refused.
    /// - Returns: where the bytes begin, and how many blocks there are now.
    public func append(_ file: String, bytes: Int64, at offset: Int64?, to upload: UploadID) throws -> (
        offset: Int64, blocks: Int64
    ) {
        try database.transaction { tx in
            let mode = try lock(upload, in: tx)
            // Gitea's hand-written clients append without a word before; a list made by others is not to be mixed in.
            let extent = try tx.first(Self.extent, .int(upload.number))
            let (length, last, count) = (extent?.int(0) ?? 0, extent?.int(1) ?? 0, extent?.int(2) ?? 0)
            guard mode == .append || (mode == .blocks && count == 0) else { throw UploadProblem.otherMode(mode) }
            if let offset, offset != length { throw UploadProblem.appendedElsewhere(length: length) }
            guard count < Int64(ArtifactLimits.blockCountMax) else { throw UploadProblem.tooManyBlocks }
            try tx.run(
                Self.place, .int(upload.number), .bytes(Array("append \(last + 1)".utf8)), .text(file), .int(bytes),
                .null(.int), .int(last + 1))
            if mode != .append { try tx.run(Self.setMode, .int(upload.number), .text(UploadMode.append.rawValue)) }
            return (length, count + 1)
        }
    }

    /// - Throws: `UploadProblem.missing`, `.finished`.
    private func lock(_ upload: UploadID, in tx: Transaction) throws -> UploadMode {
        guard let row = try tx.first(Self.lock, .int(upload.number)), !row.bool(2) else { throw UploadProblem.missing }
        guard !row.bool(1) else { throw UploadProblem.finished }
        return UploadMode(rawValue: row.text(0)) ?? .blocks
    }

    /// What was committed, in order.
    public func content(of upload: UploadID) throws -> [StagedBlock] {
        try database.read(Self.content, .int(upload.number)).map(StagedBlock.init)
    }

    // MARK: v3

    /// The upload of a file's ranges; opens it when this is the first.
    func opened(
        for artifact: ArtifactID, task: TaskID, path: String, chunk: ChunkRange, isGzip: Bool, in tx: Transaction
    ) throws -> UploadID {
        if let found = try tx.first(Self.openOfPath, .int(artifact.number), .int(task.number), .text(path)) {
            return UploadID(found.int(0))
        }
        guard try tx.one(Self.fileCount, .int(artifact.number)).int(0) < ArtifactLimits.filesMax else {
            throw UploadProblem.tooManyFiles
        }
        return try open(
            for: artifact, task: task, path: path, mode: .ranges, total: chunk.total, isGzip: isGzip, in: tx)
    }

    /// Takes a range of a file.
    ///
    /// - Throws: `ChunkProblem` when it does not fit those before; `UploadProblem.missing`, `.finished`.
    public func put(_ chunk: ChunkRange, file: String, isGzip: Bool, into upload: UploadID) throws -> DroppedFiles {
        try database.transaction { tx in
            _ = try lock(upload, in: tx)
            // In statements after the lock, so that what another chunk stored meanwhile is seen.
            let before = try tx.first(Self.byID, .int(upload.number)).map(Upload.init)
            let stored = try tx.run(Self.ranges, .int(upload.number)).map(StagedBlock.init)
            let verdict = try judgeChunk(
                chunk, among: stored.map { $0.firstByte..<($0.firstByte + $0.bytes) }, storedTotal: before?.total)
            var dropped: [String] = []
            // A retry may also come compressed where the first was not: other bytes altogether.
            if verdict == .replaceAll || before?.isGzip != isGzip {
                dropped = try tx.run(Self.dropAll, .ints([upload.number])).map { $0.text(0) }
                try tx.run(Self.setTotal, .int(upload.number), .int(chunk.total), .bool(isGzip))
            }
            let row = try tx.first(
                Self.put, .int(upload.number), .bytes(Array("\(chunk.bytes.lowerBound)".utf8)), .text(file),
                .int(Int64(chunk.bytes.count)), .int(chunk.bytes.lowerBound))
            return DroppedFiles(upload: upload, files: dropped + [row?.optionalText(0)].compactMap { $0 })
        }
    }

    public func ranges(of upload: UploadID) throws -> [StagedBlock] {
        try database.read(Self.ranges, .int(upload.number)).map(StagedBlock.init)
    }

    /// A task's uploads of an artifact that are not finished.
    public func open(of artifact: ArtifactID, task: TaskID) throws -> [Upload] {
        try database.read(Self.ofArtifact, .int(artifact.number), .int(task.number)).map(Upload.init)
    }

    // MARK: The end

    func finish(_ uploads: [UploadID], in tx: Transaction) throws {
        try tx.run(Self.finish, .ints(uploads.map(\.number)))
        try tx.run(Self.dropAll, .ints(uploads.map(\.number)))
    }

    func close(of artifacts: [ArtifactID], in tx: Transaction) throws -> [UploadID] {
        try tx.run(Self.closeOfArtifacts, .ints(artifacts.map(\.number))).map { UploadID($0.int(0)) }
    }

    func close(_ uploads: [UploadID], in tx: Transaction) throws {
        try tx.run(Self.close, .ints(uploads.map(\.number)))
    }

    /// Uploads of tasks that have ended, when nothing has come for `idleSeconds`.
    public func closeAbandoned(idleSeconds: Int64, limit: Int) throws {
        try database.write(Self.closeAbandoned, .int(idleSeconds), .int(Int64(limit)))
    }

    /// Uploads that were given up, and those finished so long ago that no late block needs to be told so.
    public func over(finishedForSeconds seconds: Int64, limit: Int) throws -> [UploadID] {
        try database.read(Self.over, .int(seconds), .int(Int64(limit))).map { UploadID($0.int(0)) }
    }

    /// After its staging is gone.
    public func delete(_ upload: UploadID) throws { try database.write(Self.delete, .int(upload.number)) }

    /// Those of these that still take something.
    public func alive(_ ids: [UploadID]) throws -> Set<UploadID> {
        Set(try database.read(Self.alive, .ints(ids.map(\.number))).map { UploadID($0.int(0)) })
    }
}
