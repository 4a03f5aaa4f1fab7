/// Where something stands in a file, counted from 1; a column is a Unicode scalar.
public struct Position: Hashable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// One remark about a workflow file, for its author (workflows.md 16).
public struct Diagnostic: Equatable, Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable {
        case error
        case warning
    }
    public let severity: Severity
    public let path: String
    public let line: Int
    public let column: Int
    public let code: String
    public let message: String

    public var description: String { "\(path):\(line):\(column): \(message) [\(code)]" }
}

/// Collects remarks; keeps the first ``WorkflowLimits/errorsMax`` errors and as many warnings.
struct DiagnosticList {
    let path: String
    /// The file, to find places inside of scalars.
    let source: [UInt8]
    private(set) var all: [Diagnostic] = []
    private(set) var errorCount = 0
    private var warningCount = 0

    init(path: String, source: [UInt8]) {
        self.path = path
        self.source = source
    }

    /// Whether the next error would be kept; hints cost time.
    var hasRoomForError: Bool { errorCount < WorkflowLimits.errorsMax }
    var hasRoomForWarning: Bool { warningCount < WorkflowLimits.errorsMax }

    mutating func error(_ code: String, _ message: String, at position: Position) {
        errorCount += 1
        if errorCount <= WorkflowLimits.errorsMax { append(.error, code, message, position) }
    }

    mutating func warning(_ code: String, _ message: String, at position: Position) {
        warningCount += 1
        if warningCount <= WorkflowLimits.errorsMax { append(.warning, code, message, position) }
    }

    /// Takes over a remark of another list.
    mutating func add(_ remark: Diagnostic, as severity: Diagnostic.Severity) {
        let position = Position(line: remark.line, column: remark.column)
        switch severity {
        case .error: error(remark.code, remark.message, at: position)
        case .warning: warning(remark.code, remark.message, at: position)
        }
    }

    private mutating func append(
        _ severity: Diagnostic.Severity, _ code: String, _ message: String, _ position: Position
    ) {
        let line = String(message.prefix(WorkflowLimits.messageCharactersMax).map { $0.isNewline ? " " : $0 })
        all.append(
            Diagnostic(
                severity: severity, path: path, line: position.line, column: position.column, code: code, message: line)
        )
    }
}
