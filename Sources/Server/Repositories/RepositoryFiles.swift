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

    package func create(_ repository: RepositoryID, defaultBranch: String = "main") throws {
        try writeHooks()
        let path = directory(repository)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // Pushes come in by fcgiwrap, whose umask is not ours: git gives files this mode itself.
        try GitProgram.run(
            ["init", "--quiet", "--bare", "--initial-branch=\(defaultBranch)", "--shared=0640"], in: path)
        try GitProgram.run(["config", "core.hooksPath", hooksDirectory], in: path)
        // A shared repository refuses forced pushes unless it is told otherwise.
        try GitProgram.run(["config", "receive.denyNonFastForwards", "false"], in: path)
        // A pushed object that git would not accept on read must not get in.
        try GitProgram.run(["config", "receive.fsckObjects", "true"], in: path)
    }

    /// Whether it has no branch; told from a few directory entries, since lists ask it of each of their rows.
    func isEmpty(_ repository: RepositoryID) -> Bool {
        let path = directory(repository)
        let loose = try? FileManager.default.contentsOfDirectory(atPath: "\(path)/refs/heads")
        guard loose?.isEmpty ?? true else { return false }
        if let packed = try? String(contentsOfFile: "\(path)/packed-refs", encoding: .utf8),
            packed.utf8.count > 0, packed.contains(" refs/heads/")
        {
            return false
        }
        return true
    }

    /// Bytes of its objects; 0 when git does not say within a few seconds.
    package func gitBytes(_ repository: RepositoryID) -> Int64 {
        let answer = try? GitProgram.answer(
            ["count-objects", "-v"], in: directory(repository),
            deadline: GitProgram.deadline(seconds: PushLimits.extraGitSeconds))
        let lines = String(decoding: answer?.bytes ?? [], as: UTF8.self).split(byte: "\n")
        return lines.reduce(0) { sum, line in
            let words = line.split(byte: " ")
            guard words.count == 2, ["size:", "size-pack:"].contains(words[0]) else { return sum }
            return sum + (Int64(words[1]) ?? 0) * 1024
        }
    }

    /// Removing what is not there is done.
    func remove(_ repository: RepositoryID) throws {
        let path = directory(repository)
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
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

    /// The hooks call this very program with this very configuration; a new version's `serve` rewrites them.
    ///
    /// Those of `hooks-2` are named by nginx (millrace-git.conf), which tells them whether the pusher may write. They stand apart:
    /// a version that does not know readers' pushes must not put its own in their place.
    package func writeHooks() throws {
        try writeHooks(["pre-receive", "post-receive"], in: hooksDirectory, "")
        try writeHooks(["pre-receive", "proc-receive", "post-receive"], in: hooksDirectory + "-2", " --guarded")
    }

    private func writeHooks(_ hooks: [String], in directory: String, _ more: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        for hook in hooks {
            let text =
                "#!/bin/sh\nexec \(quoted(program)) git-hook \(hook)\(more) --config \(quoted(configuration.path))\n"
            let path = "\(directory)/\(hook)"
            if (try? String(contentsOfFile: path, encoding: .utf8)) == text { continue }
            let fresh = path + ".\(ProcessInfo.processInfo.processIdentifier)"
            try text.write(toFile: fresh, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: fresh)
            guard rename(fresh, path) == 0 else { throw Failure(.fault, "could not write the hook \"\(path)\"") }
        }
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
