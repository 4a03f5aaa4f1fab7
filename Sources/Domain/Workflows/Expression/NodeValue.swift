extension YAMLScalar {
    var expressionValue: ExpressionValue {
        switch value {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .number(let number): .number(number)
        case .string: .string(text)
        }
    }

    /// Nil for an array or an object.
    init?(_ value: ExpressionValue) {
        switch value {
        case .null: self.init(text: "", value: .null)
        case .bool(let flag): self.init(text: value.text, value: .bool(flag))
        case .number(let number): self.init(text: value.text, value: .number(number))
        case .string(let text): self.init(string: text)
        case .array, .object: return nil
        }
    }

    private init(text: String, value: Value) {
        self.text = text
        self.style = .plain
        self.value = value
    }
}

extension YAMLNode {
    /// What an expression sees of a node without expressions.
    var expressionValue: ExpressionValue {
        switch content {
        case .scalar(let scalar): scalar.expressionValue
        case .sequence(let items): .array(items.map(\.expressionValue))
        case .mapping(let pairs): .object(pairs.map { (key: $0.key, value: $0.value.expressionValue) })
        }
    }

    /// A value in the place of the expression that gave it. Every node counts as work: one short expression can stand
    /// for a large context, many times over.
    init(
        _ value: ExpressionValue, at position: Position, _ budget: inout ExpressionBudget
    ) throws(EvaluationFault) {
        try budget.spend(ExpressionLimits.valueBytes)
        self.position = position
        switch value {
        case .array(let array):
            var items: [YAMLNode] = []
            for item in array.items { items.append(try YAMLNode(item, at: position, &budget)) }
            content = .sequence(items)
        case .object(let object):
            var pairs: [YAMLPair] = []
            for pair in object.pairs {
                let node = try YAMLNode(pair.value, at: position, &budget)
                pairs.append(YAMLPair(key: pair.key, position: position, value: node))
            }
            content = .mapping(pairs)
        case .null, .bool, .number, .string: content = .scalar(YAMLScalar(value) ?? YAMLScalar(string: ""))
        }
    }

    init(position: Position, scalar text: String) {
        self.init(position: position, content: .scalar(YAMLScalar(string: text)))
    }
}
