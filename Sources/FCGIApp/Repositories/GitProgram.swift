import Foundation

/// git's own program, run on a bare repository. Arguments that come from people stand after `--` or are full object ids.
enum GitProgram {
    struct Problem: Error, CustomStringConvertible { let description: String }
    /// Bytes of one answer; a tree listing or a workflow file is far below it.
    static let outputBytesMax = 64 * 1024 * 1024

    static func run(_ arguments: [String], in directory: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "--git-dir", directory] + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: said.prefix(500), as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
            throw Problem(
                description: "git \(arguments.first ?? "") failed with \(process.terminationStatus): \(words)")
        }
        return Array(bytes)
    }

    static func text(_ arguments: [String], in directory: String) throws -> String {
        String(decoding: try run(arguments, in: directory), as: UTF8.self)
    }
}
