import Foundation
import Glibc

/// Who this runner is to the server: what Register answered. `description` and mirror hide the token.
struct RunnerIdentity: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    let uuid: String
    let token: String
    package let name: String
    let address: String
    let ephemeral: Bool

    package var description: String { "runner \(uuid)" }
    var customMirror: Mirror { Mirror(self, children: ["uuid": uuid]) }

    /// The identity in a state file; nil when there is no file.
    ///
    /// - Throws: when the file exists but cannot be read: registering anew would leave an orphan on the server.
    package static func load(_ path: String) throws -> RunnerIdentity? {
        guard access(path, F_OK) == 0 else { return nil }
        return try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Writes a new file beside the old and renames it, so that a crash leaves one or the other.
    func save(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let draft = "\(path).new"
        try writePrivate(encoder.encode(self), to: draft)
        guard rename(draft, path) == 0 else { throw FileProblem("rename", path) }
    }
}

/// Writes a file that only its owner can read, from its first byte on (mode 0600).
func writePrivate(_ bytes: Data, to path: String) throws {
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileProblem("create", path) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: bytes)
    try handle.close()
}
