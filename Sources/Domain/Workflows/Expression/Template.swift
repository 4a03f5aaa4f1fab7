/// Text with `${{ }}` in it, taken apart.
struct Template: Sendable {
    enum Part: Sendable {
        case text(String)
        case expression(ExpressionNode)
    }
    let parts: [Part]

    /// - Throws: ``ExpressionFault`` with an offset into the whole text.
    init(_ text: String, _ scope: ExpressionScope) throws(ExpressionFault) {
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var plainStart = 0
        var at = 0
        while at < scalars.count {
            guard scalars[at...].starts(with: "${{".unicodeScalars) else {
                at += 1
                continue
            }
            guard let end = Self.end(of: scalars, from: at + 3) else {
                throw ExpressionFault(
                    kind: .syntax, message: "The expression is not closed: \"${{\" has no \"}}\" behind it", offset: at)
            }
            if at > plainStart { parts.append(.text(Self.text(scalars[plainStart..<at]))) }
            // Places in messages count from the first character that is not blank, as GitHub's do.
            let inside = scalars[at + 3..<end]
            let start = inside.firstIndex { !$0.properties.isWhitespace } ?? end
            let last = inside.lastIndex { !$0.properties.isWhitespace } ?? start
            do throws(ExpressionFault) {
                let source = start < end ? Self.text(scalars[start...last]) : ""
                parts.append(.expression(try parseExpression(source, scope)))
            } catch {
                var fault = error
                fault.offset += start < end ? start : end
                throw fault
            }
            at = end + 2
            plainStart = at
        }
        if plainStart < scalars.count { parts.append(.text(Self.text(scalars[plainStart...]))) }
        self.parts = parts
    }

    /// An expression written without `${{ }}`, as `if` allows.
    init(lone expression: ExpressionNode) { parts = [.expression(expression)] }

    var expressions: [ExpressionNode] {
        parts.compactMap { if case .expression(let node) = $0 { node } else { nil } }
    }

    /// The only part, when that is an expression.
    var loneExpression: ExpressionNode? { parts.count == 1 ? expressions.first : nil }

    /// A lone expression keeps its type; all else is text. The result is never evaluated again.
    func value(
        in contexts: ExpressionContexts, _ budget: inout ExpressionBudget
    ) throws(EvaluationFault) -> ExpressionValue {
        if let loneExpression { return try loneExpression.value(in: contexts, &budget) }
        var out = ""
        for part in parts {
            switch part {
            case .text(let text): out += text
            case .expression(let node): out += try node.value(in: contexts, &budget).text
            }
            try budget.spend(ExpressionLimits.valueBytes)
            guard out.utf8.count <= ExpressionLimits.valueBytesMax else { throw .tooLarge }
        }
        return .string(out)
    }

    /// Where `}}` stands outside of strings.
    private static func end(of scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var isInString = false
        var at = start
        while at < scalars.count {
            if scalars[at] == "'" {
                isInString.toggle()
            } else if !isInString, scalars[at] == "}", at + 1 < scalars.count, scalars[at + 1] == "}" {
                return at
            }
            at += 1
        }
        return nil
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
