import CLinux
import struct Crypto.SHA256
import Domain
import Glibc
import Postgres

enum StorageLimits {
    /// Bytes copied and hashed at once: small enough to stay in the processor's cache, large enough to make few calls.
    static let pieceBytes = 1024 * 1024
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
        let descriptor = try opened(spoolPath(name))
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        try FilePieces(descriptor).each { piece in
            guard bytes.count + piece.count <= bytesMax else { throw Failure(.tooLarge, "the body is over \(bytesMax) bytes") }
            bytes += piece
        }
        return bytes
    }

    /// Runs a spooled body through `use`, piece by piece.
    func eachSpooledPiece(_ name: String, _ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = try opened(spoolPath(name))
        defer { close(descriptor) }
        try FilePieces(descriptor).each(use)
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
        try makeDirectory("\(directory)/staging")
        try makeDirectory(stagingPath(upload))
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
        guard rmdir(stagingPath(upload)) == 0 || errno == ENOENT else { throw FileProblem("remove", stagingPath(upload)) }
        return freed
    }

    /// Writes one file out of blocks, in this order, and waits until it is durable.
    ///
    /// - Parameters:
    ///   - turn: goes into the name, so that one who was taken for dead writes beside its successor's file.
    ///   - onPiece: called between pieces with their bytes, also to give up by an error.
    func assemble(
        _ blocks: [StagedBlock], of upload: UploadID, turn: Int64, onPiece: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (path: String, digest: Digest, bytes: Int64) {
        let path = "\(stagingPath(upload))/assembled-\(turn)"
        try makeDirectory("\(directory)/staging")
        try makeDirectory(stagingPath(upload))
        let target = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard target >= 0 else { throw FileProblem("create", path) }
        defer { close(target) }
        var hash = SHA256()
        var total: Int64 = 0
        for block in blocks {
            let source = try opened("\(stagingPath(upload))/\(block.file)")
            defer { close(source) }
            let before = total
            try FilePieces(source).each { piece in
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
        guard let digest = Digest(bytes: Array(hash.finalize())) else { throw Failure(.fault, "a SHA-256 has 32 bytes") }
        return (path, digest, total)
    }

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
    func keep(_ assembled: String, as blob: Blob) throws {
        let target = blobPath(blob)
        let shard = shardPath(blob)
        for path in ["\(directory)/blobs", shard] where try makeDirectory(path) { try sync(parent(of: path)) }
        guard rename(assembled, target) == 0 else { throw FileProblem("move the file to", target) }
    }

    /// The names given by `keep` survive a crash of the machine after this.
    func makeDurable(_ blobs: [Blob]) throws {
        for shard in Set(blobs.map(shardPath)).sorted() { try sync(shard) }
    }

    /// - Returns: bytes that were freed.
    @discardableResult
    func remove(_ blob: Blob) throws -> Int64 {
        let path = blobPath(blob)
        let bytes = (try? size(path)) ?? 0
        guard unlink(path) == 0 || errno == ENOENT else { throw FileProblem("remove", path) }
        return bytes
    }

    func open(_ blob: Blob) throws -> Int32 { try opened(blobPath(blob)) }

    /// What nginx is to send for a blob: an address in one of its internal locations (nginx/millrace.conf).
    func internalAddress(of blob: Blob) -> String {
        blob.isGzip ? "/_blob_gzip/\(shard(blob))/\(fileName(blob))" : "/_blob/\(shard(blob))/\(fileName(blob))"
    }

    /// Reads a blob to its end.
    ///
    /// - Returns: nil when it is not there.
    func digest(of blob: Blob, onPiece: (Int) throws -> Void = { _ in }) throws -> Digest? {
        let descriptor: Int32
        do { descriptor = try open(blob) } catch let problem as FileProblem where problem.isMissing { return nil }
        defer { close(descriptor) }
        var hash = SHA256()
        try FilePieces(descriptor).each { piece in
            hash.update(bufferPointer: piece)
            try onPiece(piece.count)
        }
        return Digest(bytes: Array(hash.finalize()))
    }

    // MARK: Garbage

    /// What lies in the storage, for the sweep that compares it with the rows.
    struct Stray: Sendable {
        enum Kind: Equatable, Sendable { case spooled, staging(UploadID), blob(BlobID), unknown }
        let kind: Kind
        let path: String
        let bytes: Int64
        /// Seconds since 1970 of its last change. The kernel's word (ctime): DAV sets the other to what a client says.
        let changedAt: Int64
    }

    /// Everything below spool, staging and blobs. `staging` directories count as one.
    func eachEntry(_ use: (Stray) throws -> Void) throws {
        for area in ["spool", "spool/tmp"] {
            try eachFile(in: "\(directory)/\(area)") { try use(Stray(kind: .spooled, path: $0, bytes: $1, changedAt: $2)) }
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

    func remove(_ stray: Stray) throws {
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
    private func parent(of path: String) -> String { path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } }

    private func opened(_ path: String) throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem("open", path) }
        return descriptor
    }

    /// - Returns: whether it was made now.
    @discardableResult
    private func makeDirectory(_ path: String) throws -> Bool {
        if mkdir(path, 0o2750) == 0 { return true }
        guard errno == EEXIST else { throw FileProblem("make the directory", path) }
        return false
    }

    private func sync(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileProblem("fsync", path) }
    }

    private func size(_ path: String) throws -> Int64 {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw FileProblem("look at", path) }
        return Int64(facts.st_size)
    }

    private func changed(_ path: String) throws -> Int64 {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw FileProblem("look at", path) }
        return Int64(facts.st_ctim.tv_sec)
    }

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
            var facts = stat()
            guard stat("\(path)/\(name)", &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            try use(
                "\(path)/\(name)", Int64(facts.st_size), Int64(facts.st_ctim.tv_sec))
        }
    }
}

/// A file from its beginning to its end, by pieces.
struct FilePieces {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func each(_ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: StorageLimits.pieceBytes, alignment: 1)
        defer { piece.deallocate() }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        while true {
            let got = read(descriptor, piece.baseAddress, piece.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileProblem("read", "descriptor \(descriptor)") }
            if got == 0 { return }
            try use(UnsafeRawBufferPointer(rebasing: piece[..<got]))
        }
    }
}
