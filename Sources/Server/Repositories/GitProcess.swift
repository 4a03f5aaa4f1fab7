import CLinux
import Client
import Foundation
import Glibc
import Web

/// One git program with its three pipes, in a process group of its own, killed at its deadline.
///
/// Not Foundation's `Process`: that reads one pipe after the other, and a git that complains for 64 KiB first would stop
/// both for ever. Used by one thread.
final class GitProcess {
    struct Problem: Error, CustomStringConvertible {
        let description: String
        /// It would have been done with more time.
        var isSlow = false
    }
    /// Bytes of complaints that are kept; the rest is read and dropped.
    private static let errorBytesMax = 2000

    private let name: String
    let pid: pid_t
    private var input: Int32
    private let output: Int32
    private let errors: Int32
    private var isOutputOpen = true
    private var areErrorsOpen = true
    private var isReaped = false
    /// Monotonic microseconds at which it is killed.
    var deadline: Int64
    /// What came and was not taken yet.
    var received: [UInt8] = []
    private var complaints: [UInt8] = []

    init(_ arguments: [String], in directory: String, deadline: Int64) throws {
        name = "git \(arguments.first ?? "")"
        self.deadline = deadline
        var pipes: [[Int32]] = []
        func closeAll() { for end in pipes.flatMap({ $0 }) { close(end) } }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            // Closed on exec from the start, or a program that another thread starts in between would inherit them; Swift's
            // Glibc has no pipe2. And a write to one whose program has ended raises no signal.
            // O_CLOEXEC is the same bit as SOCK_CLOEXEC, whose name the optimizing build (Swift 6.3.1) gives to another C module.
            let kind = Int32(SOCK_STREAM.rawValue) | O_CLOEXEC
            guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
                closeAll()
                throw FileProblem("make a pipe for", name)
            }
            pipes.append(ends)
        }
        do {
            pid = try Self.start(
                ["git", "--git-dir", directory] + arguments, input: pipes[0][0], output: pipes[1][1],
                errors: pipes[2][1])
        } catch {
            closeAll()
            throw error
        }
        for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
        (input, output, errors) = (pipes[0][1], pipes[1][0], pipes[2][0])
        for end in [input, output, errors] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit { end() }

    /// Writes `text` and reads until `isEnough` says so or git closes its output.
    ///
    /// - Parameter closing: git's input ends behind the text.
    func exchange(_ text: [UInt8], closing: Bool, isEnough: () throws -> Bool) throws {
        var rest = text[...]
        if closing, rest.isEmpty { closeInput() }
        while isOutputOpen, try !isEnough() {
            let left = deadline - Clock.monotonicMicroseconds()
            guard left > 0 else {
                end()
                throw Problem(description: "\(name) was not done in time and was ended", isSlow: true)
            }
            var watched = [
                pollfd(fd: isOutputOpen ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: areErrorsOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: rest.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
            ]
            guard poll(&watched, 3, Int32(min(left / 1000 + 1, 1000))) > 0 else { continue }
            if watched[2].revents != 0 {
                let count = rest.withUnsafeBytes {
                    Glibc.send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EAGAIN && errno != EINTR {
                    rest = []  // it ended: what it wrote tells why
                }
                if rest.isEmpty, closing { closeInput() }
            }
            if watched[1].revents != 0 {
                areErrorsOpen = read(errors) { complaints += $0.prefix(Self.errorBytesMax - complaints.count) }
            }
            if watched[0].revents != 0 { isOutputOpen = read(output) { received += $0 } }
        }
    }

    /// False at the end.
    private func read(_ descriptor: Int32, _ keep: (ArraySlice<UInt8>) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 { keep(buffer[..<count]) }
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
    }

    private func closeInput() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    /// What it said on stderr, in one line.
    var complaint: String {
        String(decoding: complaints, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Ends it, if it has not ended, and gives its status; nil when it was killed.
    @discardableResult
    package func end() -> Int32? {
        guard !isReaped else { return nil }
        isReaped = true
        closeInput()
        // At the end of its output it is about to exit by itself; one that is not is killed.
        if isOutputOpen { _ = kill(-pid, SIGKILL) }
        var status: Int32 = 0
        let killAt = min(deadline, Clock.monotonicMicroseconds() + 2_000_000)
        while waitpid(pid, &status, WNOHANG) == 0 {
            if Clock.monotonicMicroseconds() > killAt { _ = kill(-pid, SIGKILL) }
            usleep(500)
        }
        close(output)
        close(errors)
        return status & 0x7f == 0 ? (status >> 8) & 0xff : nil
    }

    private static func start(_ arguments: [String], input: Int32, output: Int32, errors: Int32) throws -> pid_t {
        var environment = ProcessInfo.processInfo.environment
        environment["LC_ALL"] = "C"
        environment["GIT_TERMINAL_PROMPT"] = "0"
        // Set inside of a hook; here the repository is named by --git-dir alone.
        for name in ["GIT_DIR", "GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"] {
            environment[name] = nil
        }
        return try ProcessGroup.start(
            arguments, environment: environment, input: input, output: output, errors: errors, name: "git")
    }
}

extension GitProcess.Problem: FailureConvertible {
    /// What takes git too long is the request's own; what git cannot do is for an operator.
    var failure: Failure {
        isSlow
            ? Failure(.busy, "git was not done in time; ask for less, or try again")
            : Failure(.fault, "internal error; the server's log has the details")
    }
}
