import Client
import Domain
import Glibc
import Postgres
import Web

enum AssemblyLimits {
    /// Seconds after which somebody else takes over from an assembler that gave no sign of life.
    static let turnSeconds: Int64 = 20
    /// Microseconds between two signs of life.
    static let renewMicroseconds: Int64 = 4_000_000
    /// Microseconds between two looks at whether another instance is done.
    static let lookMicroseconds: UInt32 = 200_000
    /// Below `fastcgi_read_timeout` of the locations that finish uploads (900 s): we say "busy", not nginx.
    static let patienceMicroseconds: Int64 = 800_000_000
}

/// Makes files out of uploads: order, copy, hash, fsync, rename, and then one transaction in which all is visible.
///
/// A kill between any two steps leaves a pending artifact and garbage that the sweep finds; whoever asks again begins
/// anew. Two that finish the same artifact at once, on whatever instances, take turns (`ArtifactStore.beginAssembly`).
struct Assembly: Sendable {
    let app: App

    /// A turn at assembling one artifact, kept alive while bytes flow.
    private final class Turn {
        let number: Int64
        private let artifact: ArtifactID
        private let app: App
        private var renewedAt = Clock.monotonicMicroseconds()

        init(_ number: Int64, _ artifact: ArtifactID, _ app: App) {
            self.number = number
            self.artifact = artifact
            self.app = app
        }

        /// - Throws: `AssemblyLost`, or `Failure` when this process is to end.
        func renewIfDue() throws {
            guard !app.caches.stopping.isSet else {
                throw Failure(.busy, "this instance of Millrace is stopping; try again in a moment")
            }
            guard Clock.monotonicMicroseconds() - renewedAt > AssemblyLimits.renewMicroseconds else { return }
            try renew()
        }

        /// - Throws: `AssemblyLost`.
        func renew() throws {
            try app.artifacts.renewAssembly(number, of: artifact, seconds: AssemblyLimits.turnSeconds)
            renewedAt = Clock.monotonicMicroseconds()
        }
    }

    /// Runs `work` when nobody else assembles the artifact.
    ///
    /// - Parameter finished: asked before every try; what it returns is the answer, somebody else's work included.
    private func inTurn<T>(_ artifact: ArtifactID, finished: () throws -> T?, _ work: (Turn) throws -> T) throws -> T {
        let deadline = Clock.monotonicMicroseconds() + AssemblyLimits.patienceMicroseconds
        while true {
            if let done = try finished() { return done }
            if case .mine(let number) = try app.artifacts.beginAssembly(
                of: artifact, seconds: AssemblyLimits.turnSeconds)
            {
                do {
                    return try work(Turn(number, artifact, app))
                } catch is AssemblyLost {
                    // We were taken for dead, or it was deleted meanwhile: look again.
                    continue
                } catch {
                    try? app.artifacts.endAssembly(number, of: artifact)
                    throw error
                }
            }
            guard Clock.monotonicMicroseconds() < deadline else {
                throw Failure(.busy, "the artifact is still being put together; try again in a minute")
            }
            usleep(AssemblyLimits.lookMicroseconds)
        }
    }

    // MARK: v4

    /// - Parameters:
    ///   - bytes: as the client counted.
    ///   - digest: as the client computed; nil when it did not.
    /// - Returns: the artifact, also when it was finished before with the same bytes: an answer may get lost.
    func finish(_ name: String, bytes: Int64, digest: Digest?, by task: LiveTask) throws -> ArtifactID {
        guard let pending = try mine(name, task) else { throw Self.nothingUnderWay(name) }
        return try inTurn(pending.id, finished: { try finished(name, bytes: bytes, digest: digest, by: task) }) {
            turn in
            guard let artifact = try mine(name, task), artifact.state == .pending, let upload = artifact.upload,
                upload.isOpen
            else { throw AssemblyLost() }
            try finish(artifact, upload, bytes: bytes, digest: digest, by: task, turn)
            return artifact.id
        }
    }

    private static func nothingUnderWay(_ name: String) -> Failure {
        Failure(.missing, "no upload of the artifact \"\(name)\" by this job is under way; create it first")
    }

    private func mine(_ name: String, _ task: LiveTask) throws -> PendingArtifact? {
        let found = try app.artifacts.artifact(named: name, protocolNumber: 4, by: task)
        return found?.task == task.task ? found : nil
    }

    private func finished(_ name: String, bytes: Int64, digest: Digest?, by task: LiveTask) throws -> ArtifactID? {
        guard let artifact = try mine(name, task) else { throw Self.nothingUnderWay(name) }
        guard artifact.state == .uploaded else { return nil }
        guard let blob = artifact.blob, blob.bytes == bytes, digest == nil || digest == blob.digest else {
            throw Failure(
                .invalid,
                "the artifact \"\(name)\" is finished with other bytes: "
                    + "\(artifact.blob.map { "\($0.bytes) of \($0.digest.labelled)" } ?? "none")")
        }
        return artifact.id
    }

    private func finish(
        _ artifact: PendingArtifact, _ upload: Upload, bytes: Int64, digest: Digest?, by task: LiveTask, _ turn: Turn
    ) throws {
        guard upload.mode == .listed || upload.mode == .append else {
            throw Failure(
                .notNow, "no block list was sent for the artifact \"\(artifact.name)\"; commit one before finalizing")
        }
        let blocks = try app.uploads.content(of: upload.id)
        let staged = blocks.reduce(0) { $0 + $1.bytes }
        guard staged == bytes else {
            throw Failure(
                .invalid, "size is \(bytes), but the uploaded blocks have \(staged) bytes; upload again")
        }
        let made = try assembled(blocks, of: upload, turn) { _ in }
        guard digest == nil || digest == made.digest else {
            app.storage.discard(made)
            throw Failure(
                .invalid,
                "hash is \(digest?.labelled ?? ""), but the uploaded bytes have \(made.digest.labelled); upload again")
        }
        let blob = Blob(id: try app.blobs.reserve(1)[0], digest: made.digest, bytes: made.bytes, isGzip: false)
        try keep(made, as: blob, turn)
        try app.storage.makeDurable([blob])
        try publish(
            [AssembledFile(upload: upload.id, path: upload.path, blob: blob, bytes: made.bytes)], givingUp: [],
            of: artifact, by: task, turn)
    }

    // MARK: v3

    /// Finishes what this job has uploaded of a v3 artifact. Files with holes are dropped.
    ///
    /// - Throws: `Failure` that names the first file that was not whole; the whole ones are kept (artifacts.md 2.4).
    func finishFiles(of name: ArtifactName, by task: LiveTask) throws {
        guard let artifact = try app.artifacts.artifact(named: name.text, protocolNumber: 3, by: task) else {
            throw Failure(.missing, "this run has no artifact \"\(name.text)\"; announce it first")
        }
        let problem = try inTurn(
            artifact.id,
            // Nothing of ours is open: what there was is finished, by an earlier call or another instance.
            finished: { try app.uploads.open(of: artifact.id, task: task.task).isEmpty ? .some(nil) : nil },
            { try finishFiles(of: artifact, by: task, $0) })
        if let problem { throw Failure(.invalid, problem) }
    }

    /// - Returns: what is wrong with the first file that cannot be kept.
    private func finishFiles(of artifact: PendingArtifact, by task: LiveTask, _ turn: Turn) throws -> String? {
        let uploads = try app.uploads.open(of: artifact.id, task: task.task)
        let numbers = try app.blobs.reserve(uploads.count)
        var made: [(bytes: ArtifactStorage.AssembledBytes, file: AssembledFile)] = []
        var given: [UploadID] = []
        var problem: String?
        for (upload, number) in zip(uploads, numbers) {
            try turn.renewIfDue()
            do {
                made.append(try assembledFile(upload, as: number, turn))
            } catch let broken as BrokenFile {
                given.append(upload.id)
                problem = problem ?? "the file \"\(upload.path)\" is not kept: \(broken.why); upload it again"
            }
        }
        // All at the end: in the staging they are safe from the sweep, however long the others take.
        for (bytes, file) in made { try keep(bytes, as: file.blob, turn) }
        let files = made.map(\.file)
        try app.storage.makeDurable(files.map(\.blob))
        try publish(files, givingUp: given, of: artifact, by: task, turn)
        for upload in given { app.storage.clearStaging(of: upload) }
        return problem
    }

    private struct BrokenFile: Error { let why: String }

    private func assembledFile(
        _ upload: Upload, as number: BlobID, _ turn: Turn
    ) throws -> (bytes: ArtifactStorage.AssembledBytes, file: AssembledFile) {
        let blocks = try app.uploads.ranges(of: upload.id)
        if let hole = firstHole(in: blocks.map { $0.firstByte..<($0.firstByte + $0.bytes) }, total: upload.total ?? 0) {
            throw BrokenFile(why: "its bytes from \(hole) on were never sent, of \(upload.total ?? 0)")
        }
        var unpacked: Int64 = 0
        let gunzip = upload.isGzip ? GunzipStream() : nil
        let made: ArtifactStorage.AssembledBytes
        do {
            made = try assembled(blocks, of: upload, turn) { piece in
                guard let gunzip else { return unpacked += Int64(piece.count) }
                // Unpacked once now, so that its true size is known, and nothing broken is ever offered.
                try gunzip.feed(piece) { unpacked += Int64($0.count) }
            }
            try gunzip?.finish()
        } catch is Gzip.Problem {
            throw BrokenFile(why: "it is said to be gzip and cannot be unpacked")
        }
        let blob = Blob(id: number, digest: made.digest, bytes: made.bytes, isGzip: upload.isGzip)
        return (made, AssembledFile(upload: upload.id, path: upload.path, blob: blob, bytes: unpacked))
    }

    // MARK: Both

    private func assembled(
        _ blocks: [StagedBlock], of upload: Upload, _ turn: Turn, onPiece: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> ArtifactStorage.AssembledBytes {
        do {
            return try app.storage.assemble(blocks, of: upload.id, turn: turn.number) {
                try turn.renewIfDue()
                try onPiece($0)
            }
        } catch is ArtifactStorage.BlockDamaged {
            throw Failure(.invalid, "a block of \"\(upload.path)\" was lost after it was received; upload again")
        } catch let problem as FileProblem where problem.isMissing {
            // Whoever took over from us and finished has cleared the staging: then this throws, and we answer alike.
            try turn.renew()
            // A second list, or a re-sent range, took it away meanwhile.
            throw Failure(
                .invalid, "a block of \"\(upload.path)\" was replaced while it was put together; finalize again")
        }
    }

    /// From here to the commit the file is garbage by its looks. Publishing needs a turn that has not run out, so that
    /// nobody who slept longer than one, while the sweep came by, names a file that is gone.
    private func keep(_ assembled: ArtifactStorage.AssembledBytes, as blob: Blob, _ turn: Turn) throws {
        try turn.renew()
        try app.storage.keep(assembled, as: blob)
    }

    /// The commit, then what it made needless. A failure before it leaves files that no row names.
    private func publish(
        _ files: [AssembledFile], givingUp given: [UploadID], of artifact: PendingArtifact, by task: LiveTask,
        _ turn: Turn
    ) throws {
        let unused = try app.artifacts.publish(
            files, givingUp: given, of: artifact.id, owner: artifact.owner, repository: task.repository,
            assembly: turn.number)
        for blob in unused { _ = try? app.storage.remove(blob) }
        for file in files { app.storage.clearStaging(of: file.upload) }
    }
}
