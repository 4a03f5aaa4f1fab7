/// An expression as a tree, at most ``ExpressionLimits/depthMax`` levels high.
indirect enum ExpressionNode: Sendable {
    case literal(ExpressionValue)
    /// In lower case.
    case context(String)
    case index(ExpressionNode, ExpressionNode)
    /// `.*` or `[*]`
    case all(ExpressionNode)
    case not(ExpressionNode)
    case comparison(ExpressionComparison, ExpressionNode, ExpressionNode)
    /// Chains are one node each, so that a long one is not a deep one.
    case and([ExpressionNode])
    case or([ExpressionNode])
    case call(ExpressionFunction, [ExpressionNode])
}

extension ExpressionNode {
    /// Does this node or any below it fit?
    func contains(where fits: (ExpressionNode) -> Bool) -> Bool {
        if fits(self) { return true }
        return switch self {
        case .literal, .context: false
        case .all(let base), .not(let base): base.contains(where: fits)
        case .index(let one, let other), .comparison(_, let one, let other):
            one.contains(where: fits) || other.contains(where: fits)
        case .and(let parts), .or(let parts), .call(_, let parts): parts.contains { $0.contains(where: fits) }
        }
    }

    var isStatusCall: Bool {
        if case .call(let function, _) = self { function.isStatus } else { false }
    }
}

enum ExpressionComparison: String, Sendable {
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case unequal = "!="
}
