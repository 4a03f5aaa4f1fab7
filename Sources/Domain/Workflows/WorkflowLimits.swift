public enum WorkflowLimits {
    /// Bytes of a workflow file (workflows.md 2).
    public static let fileBytesMax = 1024 * 1024
    /// Levels of nesting (workflows.md 3.7); checked in the text, because libyaml's composer recurses.
    public static let depthMax = 50
    /// Bytes that aliases may stand for in all, a bound on the nodes they copy (workflows.md 3.5).
    public static let aliasBytesMax = 1024 * 1024
    /// Jobs of one run (workflows.md 9).
    public static let jobsMax = 256
    /// Errors told of one file, and characters of one (workflows.md 16).
    public static let errorsMax = 10
    public static let messageCharactersMax = 500
    /// Characters of a job id (workflows.md 8) and bytes of a step's name (runner.md 4.1).
    public static let jobIDCharactersMax = 99
    public static let stepNameBytesMax = 255
}

/// Something wrong or odd in a workflow file, at a place a person can go to.
public struct Diagnostic: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Severity: Sendable { case error, warning }
    public let severity: Severity
    public let path: String
    /// Counted from 1.
    public let line: Int
    public let column: Int
    /// One of the codes of workflows.md 16.
    public let code: String
    public let message: String

    public var description: String { "\(path):\(line):\(column): \(message) [\(code)]" }
}
