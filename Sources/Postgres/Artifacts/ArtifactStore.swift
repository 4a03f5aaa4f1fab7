import Domain

/// An artifact as those who finish it need it.
public struct PendingArtifact: Sendable {
    public let id: ArtifactID
    public let state: ArtifactState
    public let owner: AccountID
    public let task: TaskID?
    /// v4: its upload, whatever became of it.
    public let upload: Upload?
    /// v4: of the finished file.
    public let blob: Blob?
    public let name: String
}

/// A file that lies where blobs lie, and is in no row yet.
public struct AssembledFile: Sendable {
    public let upload: UploadID
    public let path: String
    public let blob: Blob
    /// Unpacked.
    public let bytes: Int64

    public init(upload: UploadID, path: String, blob: Blob, bytes: Int64) {
        self.upload = upload
        self.path = path
        self.blob = blob
        self.bytes = bytes
    }
}

public enum AssemblyTurn: Sendable, Equatable {
    /// The caller may assemble; the number goes with all that it writes.
    case mine(Int64)
    case somebodyElses
}

/// Somebody else took over, or the artifact was deleted meanwhile: nothing was recorded.
public struct AssemblyLost: Error {
    public init() {}
}

/// What an artifact takes of its settings: the instance's, unless the repository or the owner has its own.
public struct ArtifactSettings: Sendable {
    public let repositoryQuota: Int64?
    public let ownerQuota: Int64?
    public let samePolicy: SameNamePolicy
    public let retentionSeconds: Int64
    public let retentionSecondsMax: Int64

    public init(
        repositoryQuota: Int64?, ownerQuota: Int64?, samePolicy: SameNamePolicy, retentionSeconds: Int64,
        retentionSecondsMax: Int64
    ) {
        self.repositoryQuota = repositoryQuota
        self.ownerQuota = ownerQuota
        self.samePolicy = samePolicy
        self.retentionSeconds = retentionSeconds
        self.retentionSecondsMax = retentionSecondsMax
    }
}

/// Writes `artifact` and `artifact_file`.
public struct ArtifactStore: Sendable {
    let database: Database
    let uploads: UploadStore
    let blobs: BlobStore
    let settings: ArtifactSettings

    public init(database: Database, uploads: UploadStore, blobs: BlobStore, settings: ArtifactSettings) {
        self.database = database
        self.uploads = uploads
        self.blobs = blobs
        self.settings = settings
    }

    private static let serialize = Statement(
        "artifact_serialize", "select pg_advisory_xact_lock(hashtextextended('artifact ' || $2, $1))")
    /// Asked before every block: what is used is added up only where a quota stands against it.
    private static let limits = Statement(
        "artifact_limits",
        """
        select q.owner_id, q.retention, q.repository_quota, q.owner_quota,
               case when q.repository_quota is not null then
                   (select coalesce(sum(stored_bytes), 0)::bigint from artifact where repository_id = q.id and status = 2) end,
               case when q.owner_quota is not null then
                   (select coalesce(sum(stored_bytes), 0)::bigint from artifact where owner_id = q.owner_id and status = 2) end
          from (select r.id, r.owner_id, r.artifact_retention_seconds as retention,
                       coalesce(r.artifact_quota_bytes, $2) as repository_quota, coalesce(o.artifact_quota_bytes, $3) as owner_quota
                  from repository r join account o on o.id = r.owner_id where r.id = $1) q
        """)
    /// Publications of one owner come one after the other where a quota stands, so that two cannot both see room for one.
    private static let lockQuota = Statement(
        "artifact_quota_lock", "select pg_advisory_xact_lock(hashtextextended('artifact quota', $1))")
    /// Expired by the clock is expired: what no list shows must not keep its name either, until the sweep comes by.
    private static let namesakes = Statement(
        "artifact_namesakes",
        """
        select a.id, case when a.status = 2 and a.expires_at <= now() then 4 else a.status end, a.task_id,
               coalesce(t.status in (6, 8), false)
          from artifact a left join task t on t.id = a.task_id
         where a.run_id = $1 and a.attempt = $2 and a.protocol = $3 and a.name = $4 and a.status in (1, 2)
        """)
    private static let insert = Statement(
        "artifact_insert",
        """
        insert into artifact (repository_id, owner_id, run_id, attempt, task_id, protocol, name, file_name, mime_type, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10 / 1e6)) returning id
        """)
    private static let setExpiry = Statement(
        "artifact_set_expiry", "update artifact set expires_at = to_timestamp($2 / 1e6) where id = $1")
    private static let ofName = Statement(
        "artifact_of_name",
        """
        select a.id, a.status, a.owner_id, a.task_id, a.name,
               (select max(u.id) from upload u where u.artifact_id = a.id),
               b.id, b.digest, b.bytes, b.is_gzip
          from artifact a
          left join artifact_file f on a.protocol = 4 and f.artifact_id = a.id
          left join blob b on b.id = f.blob_id
         where a.run_id = $1 and a.attempt = $2 and a.protocol = $3 and a.name = $4 and a.status in (1, 2)
         order by a.status, a.id desc
        """)
    private static let begin = Statement(
        "artifact_assembly_begin",
        """
        update artifact set assembly = assembly + 1, assembly_until = now() + make_interval(secs => $2), touched_at = now()
         where id = $1 and status in (1, 2) and (assembly_until is null or assembly_until < now()) returning assembly
        """)
    private static let renew = Statement(
        "artifact_assembly_renew",
        """
        update artifact set assembly_until = now() + make_interval(secs => $3), touched_at = now()
         where id = $1 and assembly = $2 returning 1
        """)
    private static let end = Statement(
        "artifact_assembly_end", "update artifact set assembly_until = null where id = $1 and assembly = $2")
    private static let lockAssembly = Statement(
        "artifact_lock_assembly",
        """
        select status, run_id, attempt, protocol, name from artifact
         where id = $1 and assembly = $2 and coalesce(assembly_until > now(), true) for no key update
        """)
    private static let replaced = Statement(
        "artifact_replaced",
        """
        select id from artifact
         where run_id = $1 and attempt = $2 and protocol = $3 and name = $4 and status = 2 and id <> $5 for no key update
        """)
    private static let putFile = Statement(
        "artifact_file_put",
        """
        insert into artifact_file (artifact_id, path, blob_id, bytes) values ($1, $2, $3, $4)
            on conflict (artifact_id, path)
            do update set blob_id = excluded.blob_id, bytes = excluded.bytes, stored_at = now()
        """)
    private static let publish = Statement(
        "artifact_publish",
        """
        update artifact a set status = $2, uploaded_at = coalesce(uploaded_at, now()), touched_at = now(), assembly_until = null,
               bytes = (select coalesce(sum(f.bytes), 0) from artifact_file f where f.artifact_id = a.id),
               stored_bytes = (select coalesce(sum(b.bytes), 0) from artifact_file f join blob b on b.id = f.blob_id
                                where f.artifact_id = a.id)
         where id = $1
        """)
    private static let moveState = Statement(
        "artifact_move", "update artifact set status = $3 where id = any ($1) and status = $2")

    /// Those that are elsewhere by now stay there.
    static func move(
        _ artifacts: [Int64], from state: ArtifactState, by event: ArtifactEvent, in tx: Transaction
    ) throws {
        guard !artifacts.isEmpty, let next = decide(state, event) else { return }
        try tx.run(moveState, .ints(artifacts), .int(state.rawValue), .int(next.rawValue))
    }

    // MARK: Begin

    /// Announces a v4 artifact; its upload takes what is sent from now on.
    ///
    /// - Throws: `CreateRefusal`, `QuotaRefusal`, `RetentionProblem`.
    /// - Returns: the new upload, and those given up for it, whose staging may go.
    public func create(
        _ name: ArtifactName, _ content: ArtifactContent, by task: LiveTask, asked: AskedRetention, now: Instant
    ) throws -> (artifact: ArtifactID, upload: UploadID, dropped: [UploadID]) {
        try database.transaction { tx in
            let limits = try limits(of: task.repository, in: tx)
            try limits.admit(adding: 0)
            let expires = try expiry(limits, asked: asked, now: now)
            try tx.run(Self.serialize, .int(task.run.number), .text(name.text))
            let namesakes = try tx.run(
                Self.namesakes, .int(task.run.number), .int(task.attempt), .int(4), .text(name.text)
            ).compactMap { row in
                ArtifactState(rawValue: row.int(1)).map {
                    Namesake(
                        id: ArtifactID(row.int(0)), state: $0, task: row.optionalInt(2).map(TaskID.init),
                        taskIsLive: row.bool(3))
                }
            }
            let given = try planCreate(namesakes: namesakes, by: task.task, policy: settings.samePolicy)
            try Self.move(given.map(\.number), from: .pending, by: .abandoned, in: tx)
            let due = namesakes.filter { $0.state == .expired }.map(\.id.number)
            try Self.move(due, from: .uploaded, by: .expired, in: tx)
            let dropped = try uploads.close(of: given, in: tx)
            let artifact = try insert(
                name, content, by: task, protocolNumber: 4, owner: limits.owner, expires: expires, in: tx)
            let upload = try uploads.open(for: artifact, task: task.task, path: content.fileName, mode: .blocks, in: tx)
            return (artifact, upload, dropped)
        }
    }

    /// Announces a v3 artifact, or more of one: files under one name add up (artifacts.md 2.4).
    public func announce(_ name: ArtifactName, by task: LiveTask, asked: AskedRetention, now: Instant) throws {
        try database.transaction { tx in
            try tx.run(Self.serialize, .int(task.run.number), .text(name.text))
            let limits = try limits(of: task.repository, in: tx)
            try limits.admit(adding: 0)
            let expires = try expiry(limits, asked: asked, now: now)
            if let there = Self.unexpired(
                try tx.run(Self.namesakes, .int(task.run.number), .int(task.attempt), .int(3), .text(name.text)))
            {
                if asked != .unsaid {
                    try tx.run(Self.setExpiry, .int(there.number), .int(expires.microseconds))
                }
                return
            }
            let content = try ArtifactContent(name: name, version: 0, mimeType: nil)
            _ = try insert(
                name, content, by: task, protocolNumber: 3, owner: limits.owner, expires: expires, in: tx)
        }
    }

    /// Where the ranges of one file of a v3 artifact go; announces the artifact if nobody has.
    public func upload(
        of item: ArtifactItemPath, chunk: ChunkRange, isGzip: Bool, by task: LiveTask, asked: AskedRetention,
        now: Instant
    ) throws -> UploadID {
        if try v3(item.artifact, by: task) == nil { try announce(item.artifact, by: task, asked: asked, now: now) }
        guard let artifact = try v3(item.artifact, by: task) else { throw UploadProblem.missing }
        // No lock on the artifact: jobs of a matrix upload under one name at once, each its own files.
        return try database.transaction { tx in
            try tx.run(Self.serialize, .int(task.task.number), .text(item.path))
            return try uploads.opened(
                for: artifact, task: task.task, path: item.path, chunk: chunk, isGzip: isGzip, in: tx)
        }
    }

    private func v3(_ name: ArtifactName, by task: LiveTask) throws -> ArtifactID? {
        Self.unexpired(
            try database.read(Self.namesakes, .int(task.run.number), .int(task.attempt), .int(3), .text(name.text)))
    }

    /// Of namesakes, the one that takes more files.
    private static func unexpired(_ namesakes: [Row]) -> ArtifactID? {
        namesakes.first { $0.int(1) != ArtifactState.expired.rawValue }.map { ArtifactID($0.int(0)) }
    }

    /// What bounds the artifacts of a repository, and how far it is used up.
    private struct Limits {
        let owner: AccountID
        let retentionSeconds: Int64?
        let quota: ArtifactQuota
        let repositoryUsed: Int64
        let ownerUsed: Int64

        init(_ row: Row) throws {
            let columns = try row.decode((AccountID, Int64?, Int64?, Int64?, Int64?, Int64?).self)
            owner = columns.0
            retentionSeconds = columns.1
            quota = ArtifactQuota(repositoryBytes: columns.2, ownerBytes: columns.3)
            // Not added up where no quota stands.
            repositoryUsed = columns.4 ?? 0
            ownerUsed = columns.5 ?? 0
        }

        /// - Throws: `QuotaRefusal` when `adding` bytes are too many.
        func admit(adding: Int64) throws {
            try quota.admit(repositoryUsed: repositoryUsed, ownerUsed: ownerUsed, adding: adding)
        }
    }

    private func limits(of repository: RepositoryID, in tx: Transaction) throws -> Limits {
        try Limits(
            try tx.one(
                Self.limits, .int(repository.number), .optional(settings.repositoryQuota),
                .optional(settings.ownerQuota)))
    }

    private func expiry(_ limits: Limits, asked: AskedRetention, now: Instant) throws -> Instant {
        try ArtifactRetention(
            instanceSeconds: settings.retentionSeconds, maxSeconds: settings.retentionSecondsMax,
            repositorySeconds: limits.retentionSeconds
        ).expiry(asked: asked, now: now)
    }

    /// Whether `adding` bytes more still fit, beside what is finished.
    public func admit(_ repository: RepositoryID, adding: Int64) throws {
        let row = try database.readOne(
            Self.limits, .int(repository.number), .optional(settings.repositoryQuota), .optional(settings.ownerQuota))
        try Limits(row).admit(adding: adding)
    }

    private func insert(
        _ name: ArtifactName, _ content: ArtifactContent, by task: LiveTask, protocolNumber: Int64, owner: AccountID,
        expires: Instant, in tx: Transaction
    ) throws -> ArtifactID {
        try tx.one(
            Self.insert, .int(task.repository.number), .int(owner.number), .int(task.run.number), .int(task.attempt),
            .int(task.task.number), .int(protocolNumber), .text(name.text), .text(content.fileName),
            .text(content.mimeType), .int(expires.microseconds)
        ).value(0)
    }

    // MARK: Finish

    /// The artifact of a name in a task's attempt; a pending one before a finished one.
    public func artifact(named name: String, protocolNumber: Int64, by task: LiveTask) throws -> PendingArtifact? {
        guard
            let row = try database.read(
                Self.ofName, .int(task.run.number), .int(task.attempt), .int(protocolNumber), .text(name)
            ).first,
            let state = ArtifactState(rawValue: row.int(1))
        else { return nil }
        return PendingArtifact(
            id: ArtifactID(row.int(0)), state: state, owner: AccountID(row.int(2)),
            task: row.optionalInt(3).map(TaskID.init),
            upload: try row.optionalInt(5).flatMap { try uploads.upload(UploadID($0)) }, blob: Blob(row, at: 6),
            name: row.text(4))
    }

    /// One at a time assembles an artifact, on whatever instance; one that dies is followed by another after `seconds`.
    public func beginAssembly(of artifact: ArtifactID, seconds: Int64) throws -> AssemblyTurn {
        try database.write(Self.begin, .int(artifact.number), .int(seconds)).first.map { .mine($0.int(0)) }
            ?? .somebodyElses
    }

    /// - Throws: `AssemblyLost`.
    public func renewAssembly(_ assembly: Int64, of artifact: ArtifactID, seconds: Int64) throws {
        guard !(try database.write(Self.renew, .int(artifact.number), .int(assembly), .int(seconds))).isEmpty else {
            throw AssemblyLost()
        }
    }

    public func endAssembly(_ assembly: Int64, of artifact: ArtifactID) throws {
        try database.write(Self.end, .int(artifact.number), .int(assembly))
    }

    /// The one moment at which an artifact, or more of it, is there for everybody.
    ///
    /// Safe to repeat after a commit of unknown outcome: the uploads are finished then, and their files are the same blobs.
    ///
    /// - Parameter given: uploads that came incomplete.
    /// - Returns: blobs among `files` that nobody needs, since the owner has the same bytes already.
    /// - Throws: `AssemblyLost`, also when the turn ran out and nobody took over; `QuotaRefusal`. Nothing is visible
    ///   then.
    public func publish(
        _ files: [AssembledFile], givingUp given: [UploadID] = [], of artifact: ArtifactID, owner: AccountID,
        repository: RepositoryID, assembly: Int64
    ) throws -> [Blob] {
        // One order for everybody who locks several.
        let files = files.sorted { $0.blob.digest.hex < $1.blob.digest.hex }
        return try database.transaction { tx in
            // Before any row: who waits here holds nothing that another one needs. What is used is read in a statement after it.
            if try limits(of: repository, in: tx).quota.isBounded { try tx.run(Self.lockQuota, .int(owner.number)) }
            guard let row = try tx.first(Self.lockAssembly, .int(artifact.number), .int(assembly)),
                let state = ArtifactState(rawValue: row.int(0)), state == .pending || state == .uploaded
            else { throw AssemblyLost() }
            try limits(of: repository, in: tx).admit(adding: files.reduce(0) { $0 + $1.blob.bytes })
            let replaced = try tx.run(
                Self.replaced, .int(row.int(1)), .int(row.int(2)), .int(row.int(3)), .text(row.text(4)),
                .int(artifact.number)
            ).map { $0.int(0) }
            try Self.move(replaced, from: .uploaded, by: .deleteRequested, in: tx)
            var unused: [Blob] = []
            for file in files {
                let kept = try blobs.keep(file.blob, of: owner, in: tx)
                if kept != file.blob.id { unused.append(file.blob) }
                try tx.run(
                    Self.putFile, .int(artifact.number), .text(file.path), .int(kept.number), .int(file.bytes))
            }
            try uploads.finish(files.map(\.upload), in: tx)
            try uploads.close(given, in: tx)
            if !files.isEmpty {
                let next = decide(state, .finalized) ?? state
                try tx.run(Self.publish, .int(artifact.number), .int(next.rawValue))
            }
            return unused
        }
    }

}
