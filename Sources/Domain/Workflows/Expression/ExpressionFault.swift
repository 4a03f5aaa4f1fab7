/// Why a text is no expression. The message is in the words that authors know from GitHub (workflows.md 11).
struct ExpressionFault: Error, Equatable {
    /// The raw value is the diagnostic's code (workflows.md 16).
    enum Kind: String {
        case syntax = "expr-syntax"
        case context = "expr-context"
        case function = "expr-function"
        case arguments = "expr-args"
    }
    let kind: Kind
    let message: String
    /// Characters before the fault, in the whole text of which the expression is a part.
    var offset: Int
}

/// Why an expression has no value.
struct EvaluationFault: Error, Equatable {
    let message: String

    static let tooLarge = EvaluationFault(
        message: "The maximum allowed memory size was exceeded: \(ExpressionLimits.valueBytesMax) bytes of values")
    static let tooLong = EvaluationFault(
        message: "The expressions take too much work: over \(ExpressionLimits.workBytesMax) bytes to make or compare")
}

/// What evaluations may still cost, together (see ``ExpressionLimits``). Charged before the work is done.
struct ExpressionBudget {
    /// Bytes that may still be made or looked at.
    private(set) var workBytes: Int

    init(workBytes: Int = ExpressionLimits.workBytesMax) { self.workBytes = workBytes }

    /// Something was refused: what is asked for now would be, too.
    var isSpent: Bool { workBytes < 0 }

    mutating func spend(_ bytes: Int) throws(EvaluationFault) {
        let (left, isOver) = workBytes.subtractingReportingOverflow(bytes)
        workBytes = isOver || left < 0 ? -1 : left
        guard workBytes >= 0 else { throw .tooLong }
    }
}
