import Domain

/// An artifact as lists and pages show it.
public struct ArtifactView: Sendable {
    public let id: ArtifactID
    public let name: String
    public let fileName: String
    public let mimeType: String
    public let protocolNumber: Int64
    public let state: ArtifactState
    /// v3: of all files, unpacked.
    public let bytes: Int64
    public let attempt: Int64
    /// Microseconds since 1970.
    public let createdAt: Int64?
    public let uploadedAt: Int64?
    public let expiresAt: Int64?
    public let repository: RepositoryID
    public let run: RunID
    public let runNumber: Int64
    public let sha: String
    /// The job that made it; nil when it is gone.
    public let job: JobID?
    /// v4: the file's bytes, unless they have been removed.
    public let blob: Blob?
    /// v4: the blob was found to be damaged.
    public let isBad: Bool

    /// `sha256:…` over the bytes as downloaded; nil for a v3 artifact, which is zipped anew every time.
    public var digest: String? { blob?.digest.labelled }

    init?(_ row: Row) {
        guard let state = ArtifactState(rawValue: row.int(5)) else { return nil }
        id = ArtifactID(row.int(0))
        name = row.text(1)
        fileName = row.text(2)
        mimeType = row.text(3)
        protocolNumber = row.int(4)
        self.state = state
        bytes = row.int(6)
        attempt = row.int(7)
        createdAt = row.microseconds(8)
        uploadedAt = row.microseconds(9)
        expiresAt = row.microseconds(10)
        repository = RepositoryID(row.int(11))
        run = RunID(row.int(12))
        runNumber = row.int(13)
        sha = row.text(14)
        job = row.optionalInt(15).map(JobID.init)
        blob = Blob(row, at: 16)
        isBad = row.bool(20)
    }
}

/// One file of an artifact.
public struct ArtifactFileView: Sendable {
    public let path: String
    /// Unpacked.
    public let bytes: Int64
    public let blob: Blob
    public let isBad: Bool
    public let storedAt: Instant?

    init?(_ row: Row) {
        guard let blob = Blob(row, at: 2) else { return nil }
        path = row.text(0)
        bytes = row.int(1)
        self.blob = blob
        isBad = row.bool(6)
        storedAt = row.instant(7)
    }
}

/// Reads artifacts. What is visible is decided here and nowhere else: finished, and not expired by the clock either,
/// since the sweep may come a moment late.
public struct ArtifactQueries: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        """
        a.id, a.name, a.file_name, a.mime_type, a.protocol, case when a.status = 2 and a.expires_at <= now() then 4 else a.status end,
        a.bytes, a.attempt, a.created_at, a.uploaded_at, a.expires_at, a.repository_id, a.run_id, r.number, r.sha,
        t.job_id, b.id, b.digest, b.bytes, b.is_gzip, b.bad_at is not null
        """
    private static let tables =
        """
        artifact a join run r on r.id = a.run_id
          left join task t on t.id = a.task_id
          left join artifact_file f on a.protocol = 4 and f.artifact_id = a.id
          left join blob b on b.id = f.blob_id
        """
    private static let isLive = "a.status = 2 and a.expires_at > now()"

    /// Of every name the one of the newest attempt: a rerun of some jobs needs what the others made before (artifacts.md 3.1).
    private static let ofRun = Statement(
        "artifact_of_run",
        """
        select * from (
            select distinct on (a.name) \(columns) from \(tables)
             where a.run_id = $1 and a.protocol = any ($2) and \(isLive)
               and ($3::text is null or a.name = $3) and ($4::bigint is null or a.id = $4)
             order by a.name, a.attempt desc, a.id desc) newest
         order by 1 desc limit $5
        """)
    private static let byID = Statement(
        "artifact_by_id", "select \(columns) from \(tables) where a.id = $1 and a.status in (2, 4)")
    private static let files = Statement(
        "artifact_files",
        """
        select f.path, f.bytes, b.id, b.digest, b.bytes, b.is_gzip, b.bad_at is not null, f.stored_at
          from artifact_file f join blob b on b.id = f.blob_id where f.artifact_id = $1 order by f.path collate "C"
        """)
    private static let file = Statement(
        "artifact_file_of_run",
        """
        select f.path, f.bytes, b.id, b.digest, b.bytes, b.is_gzip, b.bad_at is not null, f.stored_at
          from artifact a join artifact_file f on f.artifact_id = a.id join blob b on b.id = f.blob_id
         where a.id = $1 and a.run_id = $2 and f.path = $3 and \(isLive)
        """)

    /// What a job of the run sees, newest first.
    public func visible(
        in run: RunID, protocols: [Int64], name: String? = nil, id: Int64? = nil, limit: Int
    ) throws -> [ArtifactView] {
        try database.read(
            Self.ofRun, .int(run.number), .ints(protocols), .optional(name), .optional(id), .int(Int64(limit))
        ).compactMap(ArtifactView.init)
    }

    /// Finished or expired; nil for all others.
    public func artifact(_ id: ArtifactID) throws -> ArtifactView? {
        try database.read(Self.byID, .int(id.number)).first.flatMap(ArtifactView.init)
    }

    /// For the API: finished and expired ones in order of id, and how many there are.
    public func page(
        of repository: RepositoryID, run: RunID?, name: String?, _ part: ListPart
    ) throws -> (artifacts: [ArtifactView], total: ListTotal) {
        let list = Self.list(of: repository, run: run, name: name, part)
        let count = Self.count(of: repository, run: run, name: name)
        let total = ListTotal(counted: try database.readOne(count.statement, all: count.values).int(0))
        return (try database.read(list.statement, all: list.values).compactMap(ArtifactView.init), total)
    }

    static func list(
        of repository: RepositoryID, run: RunID?, name: String?, _ part: ListPart
    ) -> (statement: Statement, values: [Value]) {
        var conditions = Self.listed("artifact_list", of: repository, run: run, name: name)
        let limit = conditions.parameter(.int(part.limit))
        let offset = conditions.parameter(.int(part.offset))
        return (
            Statement(
                conditions.name,
                """
                select \(columns) from \(tables) where \(conditions.all) order by a.id limit \(limit) offset \(offset)
                """), conditions.values
        )
    }

    static func count(
        of repository: RepositoryID, run: RunID?, name: String?
    ) -> (statement: Statement, values: [Value]) {
        let conditions = Self.listed("artifact_count", of: repository, run: run, name: name)
        // In the order of an index, so that no more is read than is counted; a run and a name have indexes of their own.
        let order = run == nil && name == nil ? "order by a.repository_id, a.id" : ""
        return (
            Statement(
                conditions.name,
                """
                select count(*) from (
                    select 1 from artifact a where \(conditions.all) \(order)
                     limit \(ListLimits.countedMax + 1)) counted
                """), conditions.values
        )
    }

    private static func listed(
        _ statement: String, of repository: RepositoryID, run: RunID?, name: String?
    ) -> ListConditions {
        var conditions = ListConditions(statement)
        conditions.add("of_repository", .int(repository.number)) { "a.repository_id = \($0)" }
        conditions.add("finished", "a.status in (2, 4)")
        if let run { conditions.add("run", .int(run.number)) { "a.run_id = \($0)" } }
        if let name { conditions.add("name", .text(name)) { "a.name = \($0)" } }
        return conditions
    }

    /// By path, byte for byte.
    public func files(of artifact: ArtifactID) throws -> [ArtifactFileView] {
        try database.read(Self.files, .int(artifact.number)).compactMap(ArtifactFileView.init)
    }

    /// One file of a visible artifact of a run.
    public func file(_ path: String, of artifact: ArtifactID, in run: RunID) throws -> ArtifactFileView? {
        try database.read(Self.file, .int(artifact.number), .int(run.number), .text(path)).first
            .flatMap(ArtifactFileView.init)
    }
}
