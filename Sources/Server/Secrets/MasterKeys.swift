import Crypto
import Domain
import Foundation
import Synchronization
import Web

/// What is wrong with the master key, in words for whoever can mend it.
package struct MasterKeyProblem: FailureConvertible, CustomStringConvertible {
    package enum Kind: Sendable {
        /// None is configured: what needs one is not served.
        case absent
        /// The file cannot be used, or what is stored was wrapped by another key.
        case unusable
    }
    package let kind: Kind
    package let description: String

    package var failure: Failure {
        switch kind {
        case .absent: Failure(.unimplemented, description)
        // Files and paths are the operator's to read, in the log.
        case .unusable: Failure(.busy, "the server's master key cannot be used; its log says why")
        }
    }
}

/// The keys that wrap all other keys: from a file, never from the database (docs/adr/0027).
///
/// The file has one key a line. The first wraps; each of them opens what it has wrapped. It is read when a key is needed that
/// is not known yet, so that a key which is added to it needs no restart.
package final class MasterKeys: Sendable {
    /// One key with the id by which rows name it.
    package struct Key: Sendable {
        package let id: String
        fileprivate let key: SymmetricKey

        /// - Parameter bytes: 32 of them.
        package init(_ bytes: [UInt8]) {
            key = SymmetricKey(data: bytes)
            // Says nothing of the key to whoever reads it in the database.
            let code = HMAC<SHA256>.authenticationCode(for: Array("millrace master key".utf8), using: key)
            id = hex(Array(code).prefix(8))
        }

        package func wrap(_ key: [UInt8], at place: String) throws -> [UInt8] {
            try Seal(key: self.key).close(key, at: place)
        }
        func unwrap(_ wrapped: [UInt8], at place: String) throws -> [UInt8] {
            do { return try Seal(key: key).open(wrapped, at: place) } catch {
                throw MasterKeyProblem(
                    kind: .unusable,
                    description: "\"\(place)\" does not open by the master key \(id) that it names; the row was changed"
                )
            }
        }
    }

    /// Where the file comes from when the configuration says nothing.
    package static let credential = "millrace-master-key"
    private static let fileBytesMax = 64 * 1024
    static let hint =
        "make one with: openssl rand -hex 32, keep it in a file that Millrace alone reads, and name that in "
        + "secrets.master_key_file (or as the systemd credential \"\(credential)\")"

    /// Nil when none is configured.
    package let path: String?
    private struct Known {
        var file: [Key] = []
        var added: [Key] = []
        var all: [Key] { file + added }
    }
    private let known = Mutex(Known())

    package init(path: String?) { self.path = path }

    package var isConfigured: Bool { path != nil }

    /// The key that wraps.
    package func wrapping() throws -> Key {
        if let first = known.withLock({ $0.all.first }) { return first }
        guard let first = try reread().first else { throw Self.absent }
        return first
    }

    /// The key by which something was wrapped.
    package func key(_ id: String) throws -> Key {
        if let found = known.withLock({ $0.all.first { $0.id == id } }) { return found }
        // It may have been added since the file was read.
        if let found = try reread().first(where: { $0.id == id }) { return found }
        throw MasterKeyProblem(
            kind: .unusable,
            description: "the master key \(id), by which the server's keys are wrapped, is not in "
                + "the file of secrets.master_key_file; put it there, on a line of its own")
    }

    /// Whether the file holds it now.
    package func holds(_ id: String) -> Bool { (try? key(id)) != nil }

    /// Takes a key beside those of the file: what a rotation wraps with.
    package func add(_ key: Key) { known.withLock { $0.added.append(key) } }

    private static let absent = MasterKeyProblem(
        kind: .absent, description: "there is no master key, so secrets cannot be kept; \(hint)")

    private func reread() throws -> [Key] {
        guard let path else { throw Self.absent }
        let keys = try Self.read(path)
        known.withLock { $0.file = keys }
        return keys
    }

    /// The keys of a file, at least one.
    package static func read(_ path: String) throws -> [Key] {
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            throw unusable("could not read the master key \"\(path)\": \(String(cString: strerror(errno))); \(hint)")
        }
        guard facts.st_mode & 0o007 == 0 else {
            throw unusable("the master key \"\(path)\" can be read by every user of this host; run: chmod o= \(path)")
        }
        guard facts.st_size <= fileBytesMax, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw unusable("could not read the master key \"\(path)\": it must be lines of 64 hexadecimal digits")
        }
        let lines = text.split(byte: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let keys = try lines.enumerated().filter { !$0.element.isEmpty && !$0.element.hasPrefix("#") }.map {
            guard let bytes = keyBytes($0.element) else {
                // The line itself is a secret, even one with a digit too few.
                throw unusable(
                    "line \($0.offset + 1) of the master key \"\(path)\" must be 64 hexadecimal digits (or base64 of 32 bytes)"
                )
            }
            return Key(bytes)
        }
        guard !keys.isEmpty else { throw unusable("the master key \"\(path)\" is empty; \(hint)") }
        return keys
    }

    private static func unusable(_ words: String) -> MasterKeyProblem {
        MasterKeyProblem(kind: .unusable, description: words)
    }

    private static func keyBytes(_ line: String) -> [UInt8]? {
        if line.utf8.count == 64 {
            let digits = line.utf8.compactMap { hexValue($0) }
            guard digits.count == 64 else { return nil }
            return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        }
        guard let bytes = Data(base64Encoded: line), bytes.count == 32 else { return nil }
        return Array(bytes)
    }
}

extension Configuration {
    /// The file of the master key: as configured, else the credential that systemd gives the service, when it does.
    package func masterKeyPath(environment: [String: String]) -> String? {
        if !masterKeyFile.isEmpty { return masterKeyFile }
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let path = "\(directory)/\(MasterKeys.credential)"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
