import Client
import Glibc

/// A directory of files that must survive a crash of the machine. nginx reads them through its group.
enum DurableDirectory {
    /// - Returns: whether it was made now; then its name is durable when its parent was synced.
    @discardableResult
    package static func make(_ path: String) throws -> Bool {
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
