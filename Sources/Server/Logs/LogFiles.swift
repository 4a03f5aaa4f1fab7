import Client
import Domain
import Glibc

/// The files of sealed logs, below storage.dir/logs. Names are made of numbers only.
struct LogFiles: Sendable {
    let directory: String

    /// The attempt is in the name, so no file is ever written twice: an instance that was thought dead writes beside
    /// its successor's file, not over it.
    static func path(of task: TaskID, attempt: Int64) -> String {
        let shard = String(task.number & 255, radix: 16)
        return "\(shard.count < 2 ? "0" : "")\(shard)/\(task)-\(attempt).log.gz"
    }

    /// Opens a new file for writing; one that is there already is an error. nginx reads it through its group.
    package func create(_ path: String) throws -> Int32 {
        let shard = "\(directory)/\(path.prefix(2))"
        try DurableDirectory.make(directory)
        if try DurableDirectory.make(shard) { try DurableDirectory.sync(directory) }
        let descriptor = open("\(directory)/\(path)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileProblem("create", path) }
        return descriptor
    }

    /// The file's name survives a crash after this, as its bytes do after its own fsync.
    func syncShard(of path: String) throws { try DurableDirectory.sync("\(directory)/\(path.prefix(2))") }

    func read(_ path: String, _ range: Range<Int64>) throws -> [UInt8] {
        let descriptor = open("\(directory)/\(path)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem("open", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: range.count)
        var got = 0
        while got < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: got), $0.count - got, Int(range.lowerBound) + got)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                if count == 0 { errno = ENODATA }
                throw FileProblem("read", path)
            }
            got += count
        }
        return bytes
    }

    /// Removing what is not there is done.
    package func remove(_ path: String) throws {
        guard unlink("\(directory)/\(path)") == 0 || errno == ENOENT else { throw FileProblem("remove", path) }
    }
}
