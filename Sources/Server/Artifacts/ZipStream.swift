import CArchive
import Domain

/// One file of a zip that is made while it is sent.
struct ZipEntry: Sendable {
    /// Below the zip's root, `/` between its parts.
    let path: String
    /// Bytes of the file as it will be unpacked.
    let size: Int64
    let modifiedAt: Instant
    /// Hands over the file's bytes in order; what the sink throws must be let through.
    let read: @Sendable (_ sink: (ArraySlice<UInt8>) throws -> Void) throws -> Void
}

/// Why a zip cannot be made, or not be finished.
enum ZipProblem: Error, CustomStringConvertible {
    /// A name that would be written outside the folder it is unpacked into, or that some program could not write.
    case unsafePath(String)
    case repeatedPath(String)
    /// The file on disk is not the one in the books.
    case wrongSize(path: String, declared: Int64, read: Int64)
    case libarchive(String)

    var description: String {
        switch self {
        case .unsafePath(let path): "zip entry \"\(path)\" must be a relative path without \".\", \"..\" or empty parts"
        case .repeatedPath(let path): "zip entry \"\(path)\" is there twice"
        case .wrongSize(let path, let declared, let read):
            "zip entry \"\(path)\" should have \(declared) bytes and has \(read)\(read > declared ? " or more" : "")"
        case .libarchive(let text): "libarchive could not write the zip: \(text)"
        }
    }
}

private enum ZipLimits {
    /// Bytes that libarchive collects before it hands them on: the work lane's own piece.
    static let pieceBytes: Int32 = 65_536
    /// zlib's level. A zip is packed anew for each download and holds a thread of the work lane meanwhile. Seen on one
    /// core: level 1 packs source text at 83 MB/s to 30 % and a program at 78 MB/s to 37 %, level 6 at 27 MB/s to 24 %
    /// and at 18 MB/s to 33 %.
    static let level = "1"
    /// A plain file, rw-r--r--: v3 clients tell no modes.
    static let mode: UInt32 = 0o100644
}

/// Writes a zip of these entries: deflate, names in UTF-8, zip64 where it is needed, no temporary file. The memory is a
/// few pieces and the names, however large the files are.
///
/// - Parameter sink: takes the next piece; false ends the writing quietly, since nobody is there to miss the rest.
/// - Throws: also in the middle. What was written then is no zip, and must not look like one to whoever got it.
func writeZip(_ entries: [ZipEntry], to sink: (ArraySlice<UInt8>) -> Bool) throws {
    try checkPaths(entries)
    try withoutActuallyEscaping(sink) { sink in
        let zip = ZipWriter(sink)
        do {
            try zip.open()
            for entry in entries { try zip.write(entry) }
            try zip.close()
        } catch is ZipWriter.NobodyReads {}
    }
}

private func checkPaths(_ entries: [ZipEntry]) throws {
    var seen: Set<[UInt8]> = []
    for path in entries.map(\.path) {
        let parts = path.split(byte: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !["", ".", ".."].contains($0) }), !path.unicodeScalars.contains("\0") else {
            throw ZipProblem.unsafePath(path)
        }
        // By bytes: Swift takes "é" in its two spellings for one, a file system does not.
        guard seen.insert(Array(path.utf8)).inserted else { throw ZipProblem.repeatedPath(path) }
    }
}

/// libarchive's writer. It lives within one call of `writeZip`, on one thread.
private final class ZipWriter {
    struct NobodyReads: Error {}

    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let sink: (ArraySlice<UInt8>) -> Bool
    private var nobodyReads = false

    init(_ sink: @escaping (ArraySlice<UInt8>) -> Bool) {
        guard let archive = archive_write_new(), let entry = archive_entry_new2(archive) else {
            preconditionFailure("libarchive makes no writer only when memory is out")
        }
        self.archive = archive
        self.entry = entry
        self.sink = sink
    }

    deinit {
        archive_entry_free(entry)
        // Freeing ends an archive that is open: one that failed would end like a whole one.
        archive_write_fail(archive)
        archive_write_free(archive)
    }

    func open() throws {
        try check(archive_write_set_format_zip(archive))
        // The program runs in the locale "C", whatever its environment says, and libarchive would mark no name as UTF-8
        // there. With this option, and names given as UTF-8, it looks at no locale.
        try check(archive_write_set_format_option(archive, "zip", "hdrcharset", "UTF-8"))
        try check(archive_write_set_format_option(archive, "zip", "compression-level", ZipLimits.level))
        try check(archive_write_set_bytes_per_block(archive, ZipLimits.pieceBytes))
        // No padding at the end.
        try check(archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            archive_write_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, context, bytes, count in
                    guard let context else { return -1 }
                    return Unmanaged<ZipWriter>.fromOpaque(context).takeUnretainedValue().put(
                        UnsafeRawBufferPointer(start: bytes, count: count))
                }, nil))
    }

    func write(_ file: ZipEntry) throws {
        archive_entry_clear(entry)
        archive_entry_set_pathname_utf8(entry, file.path)
        archive_entry_set_mode(entry, ZipLimits.mode)
        archive_entry_set_size(entry, file.size)
        archive_entry_set_mtime(entry, Int(file.modifiedAt.microseconds / 1_000_000), 0)
        try check(archive_write_header(archive, entry))
        var written: Int64 = 0
        try file.read { piece in
            guard written + Int64(piece.count) <= file.size else {
                throw ZipProblem.wrongSize(path: file.path, declared: file.size, read: written + Int64(piece.count))
            }
            try write(piece)
            written += Int64(piece.count)
        }
        guard written == file.size else {
            throw ZipProblem.wrongSize(path: file.path, declared: file.size, read: written)
        }
        try check(archive_write_finish_entry(archive))
    }

    package func close() throws { try check(archive_write_close(archive)) }

    private func write(_ piece: ArraySlice<UInt8>) throws {
        try piece.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let wrote = archive_write_data(archive, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                guard wrote > 0 else { throw problem() }
                done += wrote
            }
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard !nobodyReads, sink(Array(bytes)[...]) else {
            nobodyReads = true
            return -1
        }
        return bytes.count
    }

    private func check(_ result: Int32) throws {
        // A warning is a name it could not write as given: not a zip we want.
        guard result == ARCHIVE_OK else { throw problem() }
    }

    private func problem() -> any Error {
        if nobodyReads { return NobodyReads() }
        return ZipProblem.libarchive(archive_error_string(archive).map { String(cString: $0) } ?? "it does not say why")
    }
}
