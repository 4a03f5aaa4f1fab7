/// Text with `${{ }}` in it, taken apart.
struct Template: Sendable {
    enum Part: Sendable {
        case text(String)
        case expression(ExpressionNode)
    }
    let parts: [Part]

    /// Text and expressions, not parsed.
    enum Piece {
        case text(String)
        case expression(String)
    }

    /// - Throws: ``ExpressionFault`` with an offset into the whole text.
    init(_ text: String, _ scope: ExpressionScope) throws(ExpressionFault) {
        var parts: [Part] = []
        var offset = 0
        for piece in try Self.cut(text) {
            switch piece {
            case .text(let plain):
                parts.append(.text(plain))
                offset += plain.unicodeScalars.count
            case .expression(let source):
                // Places in messages count from the first character that is not blank, as GitHub's do.
                let scalars = Array(source.unicodeScalars)
                let blanks = scalars.prefix { $0.properties.isWhitespace }.count
                let last = scalars.lastIndex { !$0.properties.isWhitespace } ?? blanks - 1
                do throws(ExpressionFault) {
                    let inside = blanks <= last ? Self.text(scalars[blanks...last]) : ""
                    parts.append(.expression(try parseExpression(inside, scope)))
                } catch {
                    var fault = error
                    fault.offset += offset + 3 + blanks
                    throw fault
                }
                offset += source.unicodeScalars.count + 5
            }
        }
        self.parts = parts
    }

    /// The text in order; nil when an expression is not closed.
    static func pieces(of text: String) -> [Piece]? { try? cut(text) }

    private static func cut(_ text: String) throws(ExpressionFault) -> [Piece] {
        let scalars = Array(text.unicodeScalars)
        var pieces: [Piece] = []
        var plainStart = 0
        var at = 0
        while at < scalars.count {
            guard scalars[at...].starts(with: "${{".unicodeScalars) else {
                at += 1
                continue
            }
            guard let end = end(of: scalars, from: at + 3) else {
                throw ExpressionFault(
                    kind: .syntax, message: "The expression is not closed: \"${{\" has no \"}}\" behind it", offset: at)
            }
            if at > plainStart { pieces.append(.text(Self.text(scalars[plainStart..<at]))) }
            pieces.append(.expression(Self.text(scalars[at + 3..<end])))
            at = end + 2
            plainStart = at
        }
        if plainStart < scalars.count { pieces.append(.text(Self.text(scalars[plainStart...]))) }
        return pieces
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
