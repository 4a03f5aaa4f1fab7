import Client
import Domain
import Foundation
import Web

/// Bare repositories on disk: `<repositories_dir>/<id>.git`, hooks shared by all in `<repositories_dir>/hooks`.
package struct RepositoryFiles {
    let configuration: Configuration

    package init(configuration: Configuration) {
        self.configuration = configuration
    }

    var hooksDirectory: String { "\(configuration.repositoriesDirectory)/hooks" }
    func directory(_ repository: RepositoryID) -> String { "\(configuration.repositoriesDirectory)/\(repository).git" }

    package func create(_ repository: RepositoryID) throws {
        try writeHooks()
        let path = directory(repository)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // Pushes come in by fcgiwrap, whose umask is not ours: git gives files this mode itself.
        try GitProgram.run(["init", "--quiet", "--bare", "--initial-branch=main", "--shared=0640"], in: path)
        try GitProgram.run(["config", "core.hooksPath", hooksDirectory], in: path)
        // A shared repository refuses forced pushes unless it is told otherwise.
        try GitProgram.run(["config", "receive.denyNonFastForwards", "false"], in: path)
        // A pushed object that git would not accept on read must not get in.
        try GitProgram.run(["config", "receive.fsckObjects", "true"], in: path)
    }

    /// Takes the repositories away from the other users of this host, who could read private ones. The directory alone is
    /// enough: nobody else walks through it.
    package func close() throws {
        let path = configuration.repositoriesDirectory
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileProblem("look at", path) }
        guard status.st_mode & 0o007 != 0 else { return }
        guard chmod(path, status.st_mode & 0o7770) == 0 else { throw FileProblem("take from other users", path) }
    }

    /// Both hooks call this very program with this very configuration; a new version's `serve` rewrites them.
    package func writeHooks() throws {
        try FileManager.default.createDirectory(atPath: hooksDirectory, withIntermediateDirectories: true)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        for hook in ["pre-receive", "post-receive"] {
            let text = "#!/bin/sh\nexec \(quoted(program)) git-hook \(hook) --config \(quoted(configuration.path))\n"
            let path = "\(hooksDirectory)/\(hook)"
            if (try? String(contentsOfFile: path, encoding: .utf8)) == text { continue }
            let fresh = path + ".\(ProcessInfo.processInfo.processIdentifier)"
            try text.write(toFile: fresh, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: fresh)
            guard rename(fresh, path) == 0 else { throw Failure(.fault, "could not write the hook \"\(path)\"") }
        }
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
