import Domain
import Web

/// git's own program, run once on a bare repository. Arguments that come from people stand after `--` or are full object
/// ids; `GitReader` reads for pushes.
enum GitProgram {
    /// What git wrote. Cut: there was more than asked for, and git was ended.
    struct Answer {
        let status: Int32?
        package let bytes: [UInt8]
        let isCut: Bool
        let complaint: String
    }

    static func deadline(seconds: Int) -> Int64 { Clock.monotonicMicroseconds() + Int64(seconds) * 1_000_000 }

    static func answer(
        _ arguments: [String], in directory: String, input: [UInt8] = [],
        bytesMax: Int = PushLimits.gitOutputBytesMax, deadline: Int64
    ) throws -> Answer {
        let git = try GitProcess(arguments, in: directory, deadline: deadline)
        try git.exchange(input, closing: true) { git.received.count > bytesMax }
        let isCut = git.received.count > bytesMax
        return Answer(
            status: git.end(), bytes: isCut ? Array(git.received.prefix(bytesMax)) : git.received, isCut: isCut,
            complaint: git.complaint)
    }

    /// - Throws: when git fails, is late or writes too much.
    @discardableResult
    package static func run(_ arguments: [String], in directory: String) throws -> [UInt8] {
        let answer = try answer(arguments, in: directory, deadline: deadline(seconds: PushLimits.gitSeconds))
        guard answer.status == 0, !answer.isCut else {
            throw GitProcess.Problem(
                description:
                    "git \(arguments.first ?? "") failed with \(answer.status.map { "\($0)" } ?? "a signal"): \(answer.complaint)"
            )
        }
        return answer.bytes
    }

    /// Hands over what git writes piece by piece, until the sink says that nobody takes more.
    static func stream(
        _ arguments: [String], in directory: String, seconds: Int, to sink: (ArraySlice<UInt8>) -> Bool
    ) throws {
        let git = try GitProcess(arguments, in: directory, deadline: deadline(seconds: seconds))
        defer { git.end() }
        var isTaken = true
        func pass() {
            guard isTaken, !git.received.isEmpty else { return }
            isTaken = sink(git.received[...])
            git.received.removeAll(keepingCapacity: true)
        }
        try git.exchange([], closing: true) {
            pass()
            return !isTaken
        }
        pass()
        guard isTaken else { return }
        guard git.end() == 0 else {
            throw GitProcess.Problem(description: "git \(arguments.first ?? "") failed: \(git.complaint)")
        }
    }

    /// One line of text, without its end.
    static func line(_ arguments: [String], in directory: String) throws -> String {
        firstLine(try run(arguments, in: directory))
    }
    static func firstLine(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    }
}
