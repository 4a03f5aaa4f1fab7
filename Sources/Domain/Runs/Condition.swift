public enum ConditionVerdict: Equatable, Sendable { case run, skip, cannotEvaluate(String) }
public struct ConditionFacts: Sendable {
    let github: ExpressionValue, vars: ExpressionValue, inputs: ExpressionValue, needs: [NeedResult], ancestors: [Status], isCancelled: Bool
}
public func conditionVerdict(_ condition: String?, _ facts: ConditionFacts) -> ConditionVerdict {
    if condition != nil { return .run }
    return facts.ancestors.allSatisfy { $0 == .success } ? .run : .skip
}
