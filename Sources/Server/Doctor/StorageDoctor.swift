import Glibc

/// Whether nginx and Millrace, two users of one group, can hand files to each other below storage.dir.
package struct StorageDoctor: Sendable {
    let directory: String

    package init(directory: String) {
        self.directory = directory
    }

    package func diagnoses() -> [Diagnosis] {
        var found: [Diagnosis] = []
        var facts = stat()
        for area in ["spool", "spool/tmp"] {
            let path = "\(directory)/\(area)"
            guard stat(path, &facts) == 0 else {
                found.append(
                    .problem(
                        path,
                        "\(String(cString: strerror(errno))); make it with: install -d -m 2770 -g GROUP \(path), of the group that nginx and Millrace share"
                    ))
                continue
            }
            // A file takes the directory's group by the set-group-ID bit, and nginx gives that group its rights.
            if facts.st_mode & S_ISGID == 0 {
                found.append(
                    .problem(
                        path,
                        "has no set-group-ID bit, so Millrace cannot read what nginx stores there; run: chmod g+s \(path)"
                    ))
            } else if facts.st_mode & S_IWGRP == 0 {
                found.append(.problem(path, "is not writable for its group; run: chmod g+rwx \(path)"))
            } else {
                found.append(.ok(path, "shared with its group"))
            }
        }
        found.append(rename())
        return found
    }

    /// A body becomes a block, and a file becomes a blob, by rename: one file system, and directories that are ours to write.
    private func rename() -> Diagnosis {
        let from = "\(directory)/spool/doctor-\(getpid())"
        let to = "\(directory)/doctor-\(getpid())"
        let descriptor = open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            return .problem(from, "could not be written: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        defer {
            unlink(from)
            unlink(to)
        }
        guard Glibc.rename(from, to) == 0 else {
            return .problem(
                directory,
                "a file cannot be moved from spool/ to it: \(String(cString: strerror(errno))); both must be on one file system"
            )
        }
        return .ok(directory, "spool and storage are one file system")
    }
}
