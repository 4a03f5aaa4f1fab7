import Foundation
import Glibc

/// Servers that somebody logged in to, with their tokens: one file that nobody else can read.
package struct Logins: Codable, Equatable, Sendable {
    package struct Login: Codable, Equatable, Sendable {
        package var user: String
        package var token: String
        package init(user: String, token: String) {
            self.user = user
            self.token = token
        }
    }
    /// The address that is meant when none is named: the last one that was logged in to.
    package var current: String?
    package var servers: [String: Login] = [:]

    package init() {}

    /// `$XDG_CONFIG_HOME/millrace/logins.json`, or the same below `~/.config`.
    package static func path(_ environment: [String: String]) throws -> String {
        if let base = environment["XDG_CONFIG_HOME"], !base.isEmpty { return base + "/millrace/logins.json" }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw ClientProblem.usage(
                "neither XDG_CONFIG_HOME nor HOME is set; name server and token by MILLRACE_URL and MILLRACE_TOKEN")
        }
        return home + "/.config/millrace/logins.json"
    }

    /// - Throws: `.refused` when there is such a file and it is not one of these.
    package static func load(_ path: String) throws -> Logins {
        guard let data = FileManager.default.contents(atPath: path) else { return Logins() }
        do { return try JSONDecoder().decode(Logins.self, from: data) } catch {
            throw ClientProblem.refused("\"\(path)\" is no file of logins; remove it and log in again")
        }
    }

    /// Whole or not at all, of mode 0600 from its first byte on.
    package func save(_ path: String) throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(self)
        let fresh = path + ".\(getpid())"
        let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw ClientProblem.refused("could not write \"\(fresh)\": \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: data)
            try handle.synchronize()
        } catch {
            unlink(fresh)
            throw ClientProblem.refused("could not write \"\(fresh)\": \(error.localizedDescription)")
        }
        guard rename(fresh, path) == 0 else {
            let why = String(cString: strerror(errno))
            unlink(fresh)
            throw ClientProblem.refused("could not write \"\(path)\": \(why)")
        }
    }
}
