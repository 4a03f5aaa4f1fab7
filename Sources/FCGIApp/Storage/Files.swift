import Glibc

/// What the file system refused.
struct FileProblem: Error, CustomStringConvertible {
    let what: String
    let path: String
    let code: Int32
    var description: String { "could not \(what) \"\(path)\": \(String(cString: strerror(code)))" }
    var isMissing: Bool { code == ENOENT }

    /// - Parameter what: a verb for the sentence "could not … "; errno is read here.
    init(_ what: String, _ path: String) {
        code = errno
        self.what = what
        self.path = path
    }
}

/// A directory of files that must survive a crash of the machine. nginx reads them through its group.
enum DurableDirectory {
    /// - Returns: whether it was made now; then its name is durable when its parent was synced.
    @discardableResult
    static func make(_ path: String) throws -> Bool {
        if mkdir(path, 0o750) == 0 { return true }
        guard errno == EEXIST else { throw FileProblem("make the directory", path) }
        return false
    }

    /// The names in it survive a crash after this, as a file's bytes do after its own fsync.
    static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileProblem("fsync", path) }
    }
}

/// What is read of a file from where it stands to its end, by pieces.
struct FilePieces {
    /// Bytes handed over at once: small enough to stay in the processor's cache, large enough to make few calls.
    static let pieceBytes = 1024 * 1024

    let descriptor: Int32
    /// For what is said of a fault.
    let path: String

    init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    func each(_ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 1)
        defer { piece.deallocate() }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        while true {
            let got = read(descriptor, piece.baseAddress, piece.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileProblem("read", path) }
            if got == 0 { return }
            try use(UnsafeRawBufferPointer(rebasing: piece[..<got]))
        }
    }
}
