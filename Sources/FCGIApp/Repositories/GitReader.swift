import Domain

/// Reads one repository for one push: objects by one `git cat-file --batch`, the rest by single programs, all of them
/// within one deadline and with a bound on what they write. Used by one thread, outside of any transaction.
final class GitReader {
    struct Object {
        let type: String
        /// Nil when there are more than asked for.
        let bytes: [UInt8]?
    }

    private let directory: String
    private let deadline: Int64
    private var batch: GitProcess?

    init(_ directory: String, seconds: Int = PushLimits.gitSeconds) {
        self.directory = directory
        deadline = GitProgram.deadline(seconds: seconds)
    }

    /// Ends what runs.
    func close() {
        batch?.end()
        batch = nil
    }

    func answer(
        _ arguments: [String], input: [UInt8] = [], bytesMax: Int = PushLimits.gitOutputBytesMax, secondsMax: Int? = nil
    ) throws -> GitProgram.Answer {
        let own = secondsMax.map { min(deadline, GitProgram.deadline(seconds: $0)) } ?? deadline
        return try GitProgram.answer(arguments, in: directory, input: input, bytesMax: bytesMax, deadline: own)
    }

    /// - Throws: when git fails.
    func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let answer = try answer(arguments, input: input)
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
    func objects(_ names: [String], bytesMax: Int) throws -> [Object?] {
        guard !names.contains(where: { $0.utf8.contains(0x0A) }) else {
            throw GitProcess.Problem(description: "a name for git has a line break")
        }
        let git = try batch ?? GitProcess(["cat-file", "--batch"], in: directory, deadline: deadline)
        batch = git
        var found: [Object?] = []
        var body: (type: String, left: Int, kept: [UInt8]?)?
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
                    found.append(Object(type: now.type, bytes: now.kept?.dropLast()))
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
                body = (String(decoding: words[1], as: UTF8.self), size + 1, fits ? [] : nil)
            }
            git.received.removeFirst(at)
            return found.count == names.count
        }
        guard found.count == names.count else {
            close()
            throw GitProcess.Problem(description: "git cat-file ended early: \(git.complaint)")
        }
        return found
    }
}
