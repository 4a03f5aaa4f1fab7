import Foundation
import Glibc

/// A program that stands before a shell or interpreter on act's PATH: it gives the step its texts as they are
/// (``ExactText``), runs the real program, and guards what the step wrote for later steps.
///
/// `millrace exec-step bash …`; it stays the step's process, so that a signal to it ends the step: the terminal that act
/// gives each step hangs up with it.
package enum StepShim {
    /// What act looks up by name: its shells, and node for actions in JavaScript.
    static let programs = ["bash", "sh", "python", "python3", "pwsh", "node"]
    private static let markVariable = "MILLRACE_EXACT_MARK"
    private static let directoryVariable = "MILLRACE_STEP_SHIMS"
    /// Files a step writes for later ones; what stands in them is interpolated again by act.
    private static let commandFiles = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE"]
    /// Bytes of a file that is looked through; a larger one is left alone.
    private static let fileBytesMax = 64 * 1024 * 1024

    /// Writes a shim for each program that this host has.
    ///
    /// - Returns: what act's environment needs.
    static func write(
        into directory: String, millrace: String, environment: [String: String], exact: ExactText
    ) throws -> [String: String] {
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for program in programs where find(program, on: path) != nil {
            let quoted = "'" + millrace.replacing("'", with: "'\\''") + "'"
            let file = "\(directory)/\(program)"
            try Data("#!/bin/sh\nexec \(quoted) exec-step \(program) \"$@\"\n".utf8)
                .write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file)
        }
        var environment = environment
        environment["PATH"] = "\(directory):\(path)"
        environment[markVariable] = exact.mark
        environment[directoryVariable] = directory
        return environment
    }

    /// Runs the program with everything restored.
    ///
    /// - Returns: its exit status, 128 + n when signal n ended it, 127 when there is no such program.
    package static func run(_ program: String, _ arguments: [String]) -> Int32 {
        let inherited = rawEnvironment()
        let names = Dictionary(inherited.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let shims = text(names[directoryVariable])
        // act asks node where it is and then calls it by that path; it is to come here again.
        if program == "node", arguments == ["--no-warnings", "-e", "console.log(process.execPath)"] {
            print("\(shims)/node")
            return 0
        }
        let exact = ExactText(mark: text(names[markVariable]))
        let path = text(names["PATH"]).split(separator: ":", omittingEmptySubsequences: false)
            .filter { $0 != shims }.joined(separator: ":")
        guard let real = find(program, on: path) else {
            FileHandle.standardError.write(Data("Cannot find: \(program) in PATH\n".utf8))
            return 127
        }
        var environment: [[UInt8]] = []
        for (name, value) in inherited where name != markVariable && name != directoryVariable {
            let value = name == "PATH" ? Array(path.utf8) : exact.restored(value)
            environment.append(Array("\(name)=".utf8) + value)
        }
        for file in stepFiles(besides: text(names["GITHUB_ENV"])) { rewrite(file, exact.restored) }
        let status = spawnAndWait(real, [program] + arguments, environment)
        for variable in commandFiles { rewrite(text(names[variable]), exact.guarded) }
        return status
    }

    /// act keeps the scripts, the event and the command files of a job in one directory.
    private static func stepFiles(besides file: String) -> [String] {
        guard let slash = file.lastIndex(of: "/") else { return [] }
        let directory = String(file[..<slash])
        return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).map { "\(directory)/\($0)" }
    }

    private static func rewrite(_ path: String, _ change: ([UInt8]) -> [UInt8]) {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, Int(facts.st_size) <= fileBytesMax,
            let before = FileManager.default.contents(atPath: path).map(Array.init)
        else { return }
        let after = change(before)
        guard after != before, let file = FileHandle(forWritingAtPath: path) else { return }
        // In place, since the step and act may hold the file open.
        try? file.truncate(atOffset: 0)
        try? file.write(contentsOf: Data(after))
        try? file.close()
    }

    private static func find(_ program: String, on path: String) -> String? {
        program.contains("/")
            ? (access(program, X_OK) == 0 ? program : nil)
            : path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// As bytes: values need not be UTF-8.
    private static func rawEnvironment() -> [(name: String, value: [UInt8])] {
        var found: [(name: String, value: [UInt8])] = []
        var next = environ
        while let entry = next.pointee {
            let bytes = Array(UnsafeBufferPointer(start: entry, count: strlen(entry))).map { UInt8(bitPattern: $0) }
            if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
                found.append((String(decoding: bytes[..<equals], as: UTF8.self), Array(bytes[(equals + 1)...])))
            }
            next += 1
        }
        return found
    }

    private static func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    private static func spawnAndWait(_ path: String, _ arguments: [String], _ environment: [[UInt8]]) -> Int32 {
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { bytes in strndup(bytes.map { CChar(bitPattern: $0) }, bytes.count) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        // As other runners have it: what reads its input finds its end, and does not wait at act's terminal for ever.
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        var pid: pid_t = 0
        let failed = posix_spawn(&pid, path, &actions, nil, &argv, &envp)
        guard failed == 0 else {
            FileHandle.standardError.write(
                Data("could not start \"\(path)\": \(String(cString: strerror(failed)))\n".utf8))
            return 126
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
