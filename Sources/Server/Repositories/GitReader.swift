import Domain
import Web

/// Reads one repository for one push: objects by one `git cat-file --batch`, the rest by single programs, all of them
/// with a bound on what they write and on the time they take; what waits between them is not git's time. Used by one
/// thread, outside of any transaction.
final class GitReader {
    struct Object {
        let id: String
        let type: String
        let size: Int
        /// Nil when there are more than asked for.
        let bytes: [UInt8]?
    }

    private let directory: String
    /// Microseconds that git may still take.
    private var left: Int64
    private var batch: GitProcess?

    init(_ directory: String, seconds: Int = PushLimits.gitSeconds) {
        self.directory = directory
        left = Int64(seconds) * 1_000_000
    }

    /// Ends what runs.
    func close() {
        batch?.end()
        batch = nil
    }

    /// - Parameter secondsMax: for what the push can be read without: a bound of its own, which takes nothing from the others.
    private func timed<Found>(_ secondsMax: Int?, _ work: (_ deadline: Int64) throws -> Found) rethrows -> Found {
        if let secondsMax { return try work(GitProgram.deadline(seconds: secondsMax)) }
        let start = Clock.monotonicMicroseconds()
        defer { left -= Clock.monotonicMicroseconds() - start }
        return try work(start + left)
    }

    func answer(
        _ arguments: [String], input: [UInt8] = [], bytesMax: Int = PushLimits.gitOutputBytesMax, secondsMax: Int? = nil
    ) throws -> GitProgram.Answer {
        try timed(secondsMax) {
            try GitProgram.answer(arguments, in: directory, input: input, bytesMax: bytesMax, deadline: $0)
        }
    }

    /// - Throws: when git fails.
    func run(_ arguments: [String], secondsMax: Int? = nil) throws -> [UInt8] {
        let answer = try answer(arguments, secondsMax: secondsMax)
        guard answer.status == 0, !answer.isCut else {
            let why = answer.isCut ? "wrote more than \(PushLimits.gitOutputBytesMax) bytes" : answer.complaint
            throw GitProcess.Problem(description: "git \(arguments.first ?? "") failed: \(why)")
        }
        return answer.bytes
    }

    /// One object by any name without a line break; nil when there is none.
    func object(_ name: String, bytesMax: Int) throws -> Object? {
        try objects([name], bytesMax: bytesMax).first ?? nil
    }

    /// Objects in the order of their names, nil for those that do not exist.
    func objects(_ names: [String], bytesMax: Int, secondsMax: Int? = nil) throws -> [Object?] {
        guard !names.contains(where: { $0.utf8.contains(0x0A) }) else {
            throw GitProcess.Problem(description: "a name for git has a line break")
        }
        do {
            return try timed(secondsMax) { try exchange(names, bytesMax: bytesMax, deadline: $0) }
        } catch {
            // It stands in the middle of an answer.
            close()
            throw error
        }
    }

    private func exchange(_ names: [String], bytesMax: Int, deadline: Int64) throws -> [Object?] {
        let git = try batch ?? GitProcess(["cat-file", "--batch"], in: directory, deadline: deadline)
        batch = git
        git.deadline = deadline
        var found: [Object?] = []
        var body: (id: String, type: String, size: Int, left: Int, kept: [UInt8]?)?
        var keptBytes = 0
        try git.exchange(names.flatMap { Array($0.utf8) + [0x0A] }, closing: false) {
            var at = 0
            while found.count < names.count {
                if let open = body {
                    // The body and the line break behind it.
                    let part = min(open.left, git.received.count - at)
                    if open.kept != nil { body?.kept?.append(contentsOf: git.received[at..<(at + part)]) }
                    body?.left -= part
                    at += part
                    guard let now = body, now.left == 0 else { break }
                    found.append(Object(id: now.id, type: now.type, size: now.size, bytes: now.kept?.dropLast()))
                    body = nil
                    continue
                }
                guard let end = git.received[at...].firstIndex(of: 0x0A) else { break }
                let words = git.received[at..<end].split(separator: 0x20)
                at = end + 1
                guard words.count == 3, let size = Int(String(decoding: words[2], as: UTF8.self)) else {
                    found.append(nil)  // "… missing", "… ambiguous"
                    continue
                }
                let fits = size <= bytesMax && keptBytes + size <= PushLimits.gitOutputBytesMax
                if fits { keptBytes += size }
                body = (
                    String(decoding: words[0], as: UTF8.self), String(decoding: words[1], as: UTF8.self), size,
                    size + 1, fits ? [] : nil
                )
            }
            git.received.removeFirst(at)
            return found.count == names.count
        }
        guard found.count == names.count else {
            throw GitProcess.Problem(description: "git cat-file ended early: \(git.complaint)")
        }
        return found
    }
}

extension GitReader {
    /// What stands below the directories of workflows of a commit.
    func workflowEntries(at commit: String, in directories: [String]) throws -> [CommitEntry] {
        let listing = try run(["ls-tree", "-r", "-z", "-l", commit, "--"] + directories)
        return listing.split(separator: 0).compactMap { line in
            let parts = line.split(separator: 0x09, maxSplits: 1)
            let words = (parts.first ?? []).split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 2, words.count == 4 else { return nil }
            return CommitEntry(
                path: String(decoding: parts[1], as: UTF8.self), id: words[2],
                isFile: words[0] == "100644" || words[0] == "100755", size: Int(words[3]) ?? .max)
        }
    }
}
