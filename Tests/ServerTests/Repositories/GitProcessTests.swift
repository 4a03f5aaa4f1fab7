import Domain
import Foundation
import Testing

@testable import Client
@testable import Server
@testable import Web

/// git itself, on a repository of the test's own.
@Suite("A5: a git program has bounds")
struct GitProcessTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("git-\(UUID().uuidString)")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try GitProgram.run(["init", "--quiet", "--bare"], in: directory)
    }

    private func blob(bytes: Int) throws -> String {
        let answer = try GitProgram.answer(
            ["hash-object", "-w", "--stdin"], in: directory, input: [UInt8](repeating: 0x61, count: bytes),
            deadline: GitProgram.deadline(seconds: 60))
        return GitProgram.firstLine(answer.bytes)
    }
    private func isAlive(_ pid: pid_t) -> Bool {
        // "pid (name) state …"; Z is dead and only not buried.
        let facts = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return !facts.isEmpty && !facts.contains(") Z ")
    }

    @Test("A5: it is ended when it writes more than asked for")
    func output() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let id = try blob(bytes: 1_000_000)
        let deadline = GitProgram.deadline(seconds: 60)
        let cut = try GitProgram.answer(["cat-file", "blob", id], in: directory, bytesMax: 1000, deadline: deadline)
        #expect(cut.isCut && cut.bytes.count == 1000 && cut.status == nil)
        let whole = try GitProgram.answer(["cat-file", "blob", id], in: directory, deadline: deadline)
        #expect(!whole.isCut && whole.bytes.count == 1_000_000 && whole.status == 0)
        let reader = GitReader(directory)
        defer { reader.close() }
        #expect(try reader.object(id, bytesMax: 999_999)?.bytes == nil)
        #expect(try reader.object(id, bytesMax: 1_000_000)?.bytes?.count == 1_000_000)
    }

    @Test("A5: at its deadline it is killed, and what it started")
    func deadline() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = directory + "/pid"
        let alias = "alias.wait=!echo $$ > '\(file)'; sleep 1000"
        let git = try GitProcess(["-c", alias, "wait"], in: directory, deadline: GitProgram.deadline(seconds: 60))
        // First its child is there; then the time is over.
        var child: pid_t?
        #expect(throws: GitProcess.Problem.self) {
            try git.exchange([], closing: false) {
                let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
                child = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
                if child != nil { git.deadline = 0 }
                return false
            }
        }
        #expect(!isAlive(git.pid))
        let pid = try #require(child)
        for _ in 0..<1000 where isAlive(pid) { usleep(10_000) }
        #expect(!isAlive(pid))
    }

    @Test("H8: only git's own time counts, and what may be missing takes none of it")
    func budget() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let id = try blob(bytes: 10)
        let reader = GitReader(directory, seconds: 4)
        defer { reader.close() }
        // Planning, or waiting for PostgreSQL.
        usleep(4_100_000)
        #expect(try reader.object(id, bytesMax: 10)?.bytes?.count == 10)
        let slow = ["-c", "alias.wait=!sleep 1000", "wait"]
        #expect(throws: GitProcess.Problem.self) { try reader.answer(slow, secondsMax: 1) }
        #expect(throws: GitProcess.Problem.self) { try reader.objects([id], bytesMax: 10, secondsMax: 0) }
        #expect(try reader.object(id, bytesMax: 10)?.bytes?.count == 10, "a new cat-file answers")
        #expect(throws: GitProcess.Problem.self) { try reader.answer(slow) }
        #expect(throws: GitProcess.Problem.self) { try reader.run(["rev-parse", "--git-dir"]) }
    }
}
