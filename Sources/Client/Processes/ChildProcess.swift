import CLinux
import Foundation
import Glibc
import Synchronization

/// A program in a process group of its own, with stdout and stderr as one stream of lines.
final class ChildProcess: Sendable {
    enum Output: Sendable {
        /// Without its newline; bytes that are not UTF-8 are replaced.
        case line(String)
        /// The last element: the exit status, or 128 + signal as a shell says it.
        case exited(Int32)
    }

    let output: AsyncStream<Output>
    private let group: pid_t
    private let reaped: Mutex<Bool>
    private let trackingID: String

    /// Starts a program, found on PATH if it has no slash. Ends when the program has ended, even if something it started keeps the pipe open.
    ///
    /// - Parameter trackingID: value of RUNNER_TRACKING_ID in the environment. act puts each step into a session of its
    ///   own (nektos/act `pkg/container/util.go`), out of reach of the group's signals, so what is left of a job is found by this mark,
    ///   as GitHub's runner does.
    init(_ path: String, _ arguments: [String], environment: [String: String], directory: String, trackingID: String)
        throws
    {
        var ends: [Int32] = [-1, -1]
        // At once, or a child that another thread starts in between would keep it open.
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw FileProblem("make a pipe for", path) }
        let (readEnd, writeEnd) = (ends[0], ends[1])
        defer { close(writeEnd) }

        var environment = environment
        environment["RUNNER_TRACKING_ID"] = trackingID
        do {
            // Swift's Glibc lacks posix_spawn_file_actions_addchdir_np, so `env` changes the directory; it execs, the pid stays.
            group = try ProcessGroup.start(
                ["--chdir", directory, path] + arguments, environment: environment, output: writeEnd, errors: writeEnd,
                name: path)
        } catch {
            close(readEnd)
            throw error
        }
        self.trackingID = trackingID
        reaped = Mutex(false)
        let (stream, continuation) = AsyncStream<Output>.makeStream()
        output = stream
        let thread = Thread { [self] in
            let status = read(readEnd) { continuation.yield(.line($0)) }
            close(readEnd)
            continuation.yield(.exited(status))
            continuation.finish()
        }
        thread.start()
    }

    /// Sends a signal to the group, unless the program was reaped: its number could be somebody else's by then.
    func signal(_ number: Int32) {
        reaped.withLock { if !$0 { _ = kill(-group, number) } }
    }

    /// Ends everything the program started, group or not.
    func killAll() {
        signal(SIGKILL)
        killMarked(trackingID)
    }

    /// Reads lines until end of file, or until the program has ended and nothing came for a second.
    private func read(_ descriptor: Int32, _ line: (String) -> Void) -> Int32 {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var exit: Int32?
        var open = true
        var silentRounds = 0
        while open || exit == nil {
            var watched = pollfd(fd: open ? descriptor : -1, events: Int16(POLLIN), revents: 0)
            let ready = poll(&watched, 1, 100)
            if exit == nil { exit = reap() }
            guard ready > 0 else {
                silentRounds = exit == nil ? 0 : silentRounds + 1
                if silentRounds > 10 { open = false }
                continue
            }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else {
                if count == 0 || errno != EINTR { open = false }
                continue
            }
            for part in buffer[..<count].split(separator: 10, omittingEmptySubsequences: false).enumerated() {
                if part.offset > 0 {
                    line(String(decoding: pending, as: UTF8.self))
                    pending.removeAll(keepingCapacity: true)
                }
                pending += part.element
            }
            if pending.count > EmbeddedRunnerLimits.lineBytesMax {
                line(String(decoding: pending, as: UTF8.self))
                pending = []
            }
        }
        if !pending.isEmpty { line(String(decoding: pending, as: UTF8.self)) }
        return exit ?? 255
    }

    /// The exit status once the program has ended. What it left behind is killed, so that the pipe comes to its end.
    private func reap() -> Int32? {
        var status: Int32 = 0
        let ended = reaped.withLock { reaped in
            guard waitpid(group, &status, WNOHANG) != 0 else { return false }
            reaped = true
            // Only members of the group are left; while one lives, its number cannot be used again.
            _ = kill(-group, SIGKILL)
            return true
        }
        guard ended else { return nil }
        killMarked(trackingID)
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}

/// Kills every process whose environment has the mark; looks again until there is none, as it may be forking.
private func killMarked(_ trackingID: String) {
    let mark = Array("RUNNER_TRACKING_ID=\(trackingID)".utf8)
    for _ in 0..<5 {
        var found = false
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = pid_t(name), pid != getpid(),
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
            else { continue }
            found = true
            _ = kill(pid, SIGKILL)
        }
        guard found else { return }
        usleep(20_000)
    }
}
