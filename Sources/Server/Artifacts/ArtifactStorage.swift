import CLinux
import Client
import Domain
import Glibc
import Postgres
import Web

import enum Crypto.Insecure
import struct Crypto.SHA256
import struct Foundation.Data

enum StorageLimits {
    /// Bytes after which what was written is waited for.
    static let syncBytes: Int64 = 256 * 1024 * 1024
}

/// Where the bytes of artifacts are. Nothing else in the program knows paths; an object store would be another of this kind.
///
/// Below the directory: `spool/` (nginx writes request bodies there), `staging/<upload>/` (blocks), `blobs/ab/`
/// (what is finished). Names are made of ids, digests and nginx's random request ids only.
struct ArtifactStorage: Sendable {
    let directory: String

    // MARK: Spool

    /// Bytes of a body that nginx has stored.
    func spooledBytes(_ name: String) throws -> Int64 { try size(spoolPath(name)) }

    func readSpooled(_ name: String, bytesMax: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try eachSpooledPiece(name) { piece in
            guard bytes.count + piece.count <= bytesMax else {
                throw Failure(.tooLarge, "the body is over \(bytesMax) bytes")
            }
            bytes += piece
        }
        return bytes
    }

    /// Base64, as clients send it in Content-MD5 and x-actions-results-md5.
    func spooledMD5(_ name: String) throws -> String {
        var md5 = Insecure.MD5()
        try eachSpooledPiece(name) { md5.update(bufferPointer: $0) }
        return Data(md5.finalize()).base64EncodedString()
    }

    /// Runs a spooled body through `use`, piece by piece.
    func eachSpooledPiece(_ name: String, _ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        try eachPiece(of: spoolPath(name), use)
    }

    /// Removing what is not there is done.
    func dropSpooled(_ name: String) { unlink(spoolPath(name)) }

    /// Moves a spooled body among the blocks of an upload, under the same name, and records it there. One that is refused
    /// goes; after a commit of unknown outcome it stays, and goes with the staging.
    func staging<T>(_ name: String, for upload: UploadID, record: () throws -> T) throws -> T {
        try stage(name, for: upload)
        do { return try record() } catch {
            if !(error is PostgresError) { drop(DroppedFiles(upload: upload, files: [name])) }
            throw error
        }
    }

    private func stage(_ name: String, for upload: UploadID) throws {
        let target = "\(stagingPath(upload))/\(name)"
        if rename(spoolPath(name), target) == 0 { return }
        guard errno == ENOENT else { throw FileProblem("move the body to", target) }
        try makeStaging(of: upload)
        guard rename(spoolPath(name), target) == 0 else { throw FileProblem("move the body to", target) }
    }

    // MARK: Staging

    func drop(_ dropped: DroppedFiles) {
        for file in dropped.files { unlink("\(stagingPath(dropped.upload))/\(file)") }
    }

    /// As soon as possible, and no matter if it fails: the sweeps come by again.
    func clearStaging(of upload: UploadID) { _ = try? dropStaging(of: upload) }

    /// - Returns: bytes that were freed.
    @discardableResult
    func dropStaging(of upload: UploadID) throws -> Int64 {
        var freed: Int64 = 0
        for name in try names(in: stagingPath(upload)) {
            let path = "\(stagingPath(upload))/\(name)"
            freed += (try? size(path)) ?? 0
            guard unlink(path) == 0 || errno == ENOENT else { throw FileProblem("remove", path) }
        }
        guard rmdir(stagingPath(upload)) == 0 || errno == ENOENT else {
            throw FileProblem("remove", stagingPath(upload))
        }
        return freed
    }

    /// Writes one file out of blocks, in this order, and waits until it is durable.
    ///
    /// - Parameters:
    ///   - turn: goes into the name, so that one who was taken for dead writes beside its successor's file.
    ///   - onPiece: called between pieces with their bytes, also to give up by an error.
    func assemble(
        _ blocks: [StagedBlock], of upload: UploadID, turn: Int64, onPiece: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> AssembledBytes {
        let path = "\(stagingPath(upload))/assembled-\(turn)"
        try makeStaging(of: upload)
        let target = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard target >= 0 else { throw FileProblem("create", path) }
        defer { close(target) }
        var hash = SHA256()
        var total: Int64 = 0
        for block in blocks {
            let blockPath = "\(stagingPath(upload))/\(block.file)"
            let source = try opened(blockPath)
            defer { close(source) }
            let before = total
            try FilePieces(source, blockPath).each { piece in
                hash.update(bufferPointer: piece)
                try onPiece(piece)
                // The bytes were read for the hash, so they are in memory: the kernel copies from there, or shares the
                // extents where the file system can.
                try copy(piece, from: source, at: total - before, to: target, path)
                total += Int64(piece.count)
                // Little by little, so that the last wait is short whatever the size.
                if total / StorageLimits.syncBytes != (total - Int64(piece.count)) / StorageLimits.syncBytes {
                    guard fdatasync(target) == 0 else { throw FileProblem("fsync", path) }
                }
            }
            // What was acknowledged and what lies there must be one; a crash of the machine may have shortened it.
            guard total - before == block.bytes else { throw BlockDamaged(file: block.file) }
        }
        guard fsync(target) == 0 else { throw FileProblem("fsync", path) }
        guard let digest = Digest(bytes: Array(hash.finalize())) else {
            throw Failure(.fault, "a SHA-256 has 32 bytes")
        }
        return AssembledBytes(path: path, digest: digest, bytes: total)
    }

    /// What `assemble` made: in the staging, until `keep` gives it its lasting name.
    struct AssembledBytes {
        fileprivate let path: String
        package let digest: Digest
        package let bytes: Int64
    }

    /// At once, since it may be large; what stays goes with the staging.
    func discard(_ assembled: AssembledBytes) { unlink(assembled.path) }

    /// A staged block has not the bytes that were acknowledged.
    struct BlockDamaged: Error { let file: String }

    private func copy(
        _ piece: UnsafeRawBufferPointer, from source: Int32, at offset: Int64, to target: Int32, _ path: String
    ) throws {
        var at = off_t(offset)
        var done = 0
        while done < piece.count {
            var copied = copy_file_range(source, &at, target, nil, piece.count - done, 0)
            if copied < 0, [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) {
                // A file system that cannot: the bytes are here anyway.
                copied = write(target, piece.baseAddress?.advanced(by: done), piece.count - done)
                at += off_t(max(0, copied))
            }
            if copied < 0, errno == EINTR { continue }
            guard copied > 0 else { throw FileProblem("copy a block to", path) }
            done += copied
        }
    }

    // MARK: Blobs

    /// Gives an assembled file its lasting name. It is in no row yet: until one is committed it is garbage.
    func keep(_ assembled: AssembledBytes, as blob: Blob) throws {
        let target = blobPath(blob)
        let blobs = "\(directory)/blobs"
        if try DurableDirectory.make(blobs) { try DurableDirectory.sync(directory) }
        if try DurableDirectory.make(shardPath(blob)) { try DurableDirectory.sync(blobs) }
        guard rename(assembled.path, target) == 0 else { throw FileProblem("move the file to", target) }
    }

    /// The names given by `keep` survive a crash of the machine after this.
    func makeDurable(_ blobs: [Blob]) throws {
        for shard in Set(blobs.map(shardPath)).sorted() { try DurableDirectory.sync(shard) }
    }

    /// - Returns: bytes that were freed.
    @discardableResult
    package func remove(_ blob: Blob) throws -> Int64 {
        let path = blobPath(blob)
        let bytes = (try? size(path)) ?? 0
        guard unlink(path) == 0 || errno == ENOENT else { throw FileProblem("remove", path) }
        return bytes
    }

    func eachPiece(of blob: Blob, _ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        try eachPiece(of: blobPath(blob), use)
    }

    /// What nginx is to send for a blob: an address in one of its internal locations (nginx/millrace.conf).
    func internalAddress(of blob: Blob) -> String {
        blob.isGzip ? "/_blob_gzip/\(shard(blob))/\(fileName(blob))" : "/_blob/\(shard(blob))/\(fileName(blob))"
    }

    /// Reads a blob to its end.
    ///
    /// - Returns: nil when it is not there.
    package func digest(of blob: Blob, onPiece: (Int) throws -> Void = { _ in }) throws -> Digest? {
        var hash = SHA256()
        do {
            try eachPiece(of: blob) { piece in
                hash.update(bufferPointer: piece)
                try onPiece(piece.count)
            }
        } catch let problem as FileProblem where problem.isMissing { return nil }
        return Digest(bytes: Array(hash.finalize()))
    }

    // MARK: Garbage

    /// What lies in the storage, for the sweep that compares it with the rows.
    struct Stray: Sendable {
        enum Kind: Equatable, Sendable { case spooled, staging(UploadID), blob(BlobID), unknown }
        let kind: Kind
        let path: String
        package let bytes: Int64
        /// Seconds since 1970 of its last change. The kernel's word (ctime): DAV sets the other to what a client says.
        let changedAt: Int64
    }

    /// Everything below spool, staging and blobs. `staging` directories count as one.
    func eachEntry(_ use: (Stray) throws -> Void) throws {
        for area in ["spool", "spool/tmp"] {
            try eachFile(in: "\(directory)/\(area)") {
                try use(Stray(kind: .spooled, path: $0, bytes: $1, changedAt: $2))
            }
        }
        for name in try names(in: "\(directory)/staging") {
            let path = "\(directory)/staging/\(name)"
            var (bytes, newest) = (Int64(0), try changed(path))
            try eachFile(in: path) {
                bytes += $1
                newest = max(newest, $2)
            }
            let kind: Stray.Kind = Int64(name).map { .staging(UploadID($0)) } ?? .unknown
            try use(Stray(kind: kind, path: path, bytes: bytes, changedAt: newest))
        }
        for shard in try names(in: "\(directory)/blobs") {
            try eachFile(in: "\(directory)/blobs/\(shard)") { path, bytes, changed in
                let number = path.split(separator: "-").last.map { $0.hasSuffix(".gz") ? $0.dropLast(3) : $0 }
                let kind: Stray.Kind = number.flatMap { Int64($0) }.map { .blob(BlobID($0)) } ?? .unknown
                try use(Stray(kind: kind, path: path, bytes: bytes, changedAt: changed))
            }
        }
    }

    package func remove(_ stray: Stray) throws {
        if case .staging(let upload) = stray.kind { return _ = try dropStaging(of: upload) }
        guard unlink(stray.path) == 0 || errno == ENOENT else { throw FileProblem("remove", stray.path) }
    }

    // MARK: Paths

    private func spoolPath(_ name: String) -> String { "\(directory)/spool/\(name)" }
    private func stagingPath(_ upload: UploadID) -> String { "\(directory)/staging/\(upload)" }
    private func shard(_ blob: Blob) -> String { String(blob.digest.hex.prefix(2)) }
    private func shardPath(_ blob: Blob) -> String { "\(directory)/blobs/\(shard(blob))" }
    /// As nginx's gzip_static asks for it: without the ending that the file has.
    private func fileName(_ blob: Blob) -> String { "\(blob.digest.hex)-\(blob.id)" }
    private func blobPath(_ blob: Blob) -> String { "\(shardPath(blob))/\(fileName(blob))\(blob.isGzip ? ".gz" : "")" }
    private func makeStaging(of upload: UploadID) throws {
        try DurableDirectory.make("\(directory)/staging")
        try DurableDirectory.make(stagingPath(upload))
    }

    private func eachPiece(of path: String, _ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = try opened(path)
        defer { close(descriptor) }
        try FilePieces(descriptor, path).each(use)
    }

    private func opened(_ path: String) throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem("open", path) }
        return descriptor
    }

    private func facts(_ path: String) throws -> stat {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw FileProblem("look at", path) }
        return facts
    }

    private func size(_ path: String) throws -> Int64 { Int64(try facts(path).st_size) }
    private func changed(_ path: String) throws -> Int64 { Int64(try facts(path).st_ctim.tv_sec) }

    /// Nothing when the directory is not there.
    private func names(in path: String) throws -> [String] {
        guard let listing = opendir(path) else {
            guard errno == ENOENT else { throw FileProblem("list", path) }
            return []
        }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Plain files alone; one that goes meanwhile is passed over.
    private func eachFile(in path: String, _ use: (String, Int64, Int64) throws -> Void) throws {
        for name in try names(in: path) {
            guard let facts = try? facts("\(path)/\(name)"), facts.st_mode & S_IFMT == S_IFREG else { continue }
            try use(
                "\(path)/\(name)", Int64(facts.st_size), Int64(facts.st_ctim.tv_sec))
        }
    }
}
