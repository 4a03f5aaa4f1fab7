/// What an expression may read.
public struct ExpressionContexts: Sendable {
    /// Answers of `success()` and its kin.
    struct Status: Sendable {
        let success: Bool
        let failure: Bool
        let cancelled: Bool
    }
    private var values: [String: ExpressionValue]
    let status: Status?

    /// - Parameter values: by name in lower case.
    init(_ values: [String: ExpressionValue], status: Status? = nil) {
        self.values = values
        self.status = status
    }

    subscript(name: String) -> ExpressionValue? {
        get { values[name] }
        set { values[name] = newValue }
    }
}

extension ExpressionNode {
    /// The value of the expression.
    ///
    /// - Throws: ``EvaluationFault``; of the text alone nobody could tell (`fromJSON` of no JSON, a limit).
    func value(
        in contexts: ExpressionContexts, _ budget: inout ExpressionBudget
    ) throws(EvaluationFault) -> ExpressionValue {
        var evaluation = Evaluation(contexts: contexts, budget: budget)
        defer { budget = evaluation.budget }
        return try evaluation.value(of: self)
    }
}

/// One evaluation. Recurses once for each level of the tree.
struct Evaluation {
    let contexts: ExpressionContexts
    private(set) var budget: ExpressionBudget
    private var valueBytes = 0

    init(contexts: ExpressionContexts, budget: ExpressionBudget) {
        self.contexts = contexts
        self.budget = budget
    }

    /// Bytes that may still be made.
    var valueBytesLeft: Int { max(0, min(ExpressionLimits.valueBytesMax - valueBytes, budget.workBytes)) }

    /// Values of the allowed size could not be made any more: the budget has less left.
    var isBoundByBudget: Bool { budget.workBytes < ExpressionLimits.valueBytesMax - valueBytes }

    mutating func look(at bytes: Int) throws(EvaluationFault) { try budget.spend(bytes) }

    mutating func make(_ bytes: Int) throws(EvaluationFault) {
        try budget.spend(bytes)
        valueBytes += bytes
        guard valueBytes <= ExpressionLimits.valueBytesMax else { throw .tooLarge }
    }

    mutating func value(of node: ExpressionNode) throws(EvaluationFault) -> ExpressionValue {
        try look(at: ExpressionLimits.valueBytes)
        switch node {
        case .literal(let value): return value
        case .context(let name): return try context(name)
        case .index(let base, let index): return try item(of: try value(of: base), at: try value(of: index))
        case .all(let base): return try allItems(of: try value(of: base))
        case .not(let operand): return .bool(!(try value(of: operand).isTruthy))
        case .comparison(let comparison, let left, let right): return .bool(try holds(comparison, left, right))
        case .and(let operands): return try first(of: operands, truthy: false)
        case .or(let operands): return try first(of: operands, truthy: true)
        case .call(let function, let arguments): return try call(function, arguments)
        }
    }

    private func context(_ name: String) throws(EvaluationFault) -> ExpressionValue {
        guard let value = contexts[name] else {
            throw EvaluationFault(message: "context \"\(name)\" is not known yet")
        }
        return value
    }

    /// The first operand of this truth, else the last one: `&&` and `||` give operands, not booleans.
    private mutating func first(of operands: [ExpressionNode], truthy: Bool) throws(EvaluationFault) -> ExpressionValue
    {
        var last = ExpressionValue.null
        for operand in operands {
            last = try value(of: operand)
            if last.isTruthy == truthy { break }
        }
        return last
    }

    private mutating func holds(
        _ comparison: ExpressionComparison, _ left: ExpressionNode, _ right: ExpressionNode
    ) throws(EvaluationFault) -> Bool {
        let left = try value(of: left)
        let right = try value(of: right)
        try look(at: left.comparedBytes + right.comparedBytes)
        return switch comparison {
        case .equal: left.isEqual(to: right)
        case .unequal: !left.isEqual(to: right)
        case .less: left.isLess(than: right)
        case .lessOrEqual: left.isLess(than: right) || left.isEqual(to: right)
        case .greater: right.isLess(than: left)
        case .greaterOrEqual: right.isLess(than: left) || left.isEqual(to: right)
        }
    }

    private mutating func item(
        of base: ExpressionValue, at index: ExpressionValue
    ) throws(EvaluationFault) -> ExpressionValue {
        guard case .array(let array) = base, array.isFiltered else {
            try look(at: index.comparedBytes)
            return base.item(at: index) ?? .null
        }
        try look(at: array.items.count * (ExpressionLimits.valueBytes + index.comparedBytes))
        return try filtered(array.items.compactMap { $0.item(at: index) })
    }

    private mutating func allItems(of base: ExpressionValue) throws(EvaluationFault) -> ExpressionValue {
        guard case .array(let array) = base, array.isFiltered else { return try filtered(base.items) }
        return try filtered(array.items.flatMap(\.items))
    }

    private mutating func filtered(_ items: [ExpressionValue]) throws(EvaluationFault) -> ExpressionValue {
        try make(items.count * ExpressionLimits.valueBytes)
        return .array(ExpressionArray(filtered: items))
    }
}

extension ExpressionValue {
    /// The value under a key, or at a place counted from 0; nil when there is none.
    fileprivate func item(at index: ExpressionValue) -> ExpressionValue? {
        switch self {
        case .object(let object): return index.isPrimitive ? object[index.text] : nil
        case .array(let array):
            let number = index.number
            guard number >= 0, number < Double(array.items.count) else { return nil }
            return array.items[Int(number)]
        case .null, .bool, .number, .string: return nil
        }
    }

    /// What `.*` selects.
    fileprivate var items: [ExpressionValue] {
        switch self {
        case .array(let array): array.items
        case .object(let object): object.pairs.map(\.value)
        case .null, .bool, .number, .string: []
        }
    }
}
