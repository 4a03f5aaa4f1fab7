/// Reads one expression, without `${{ }}`.
///
/// - Throws: ``ExpressionFault`` for the first fault from the left. A name that the scope does not have is one even
///   where it would never be evaluated.
/// - Source: workflows.md 11; actions/runner `ExpressionParser.cs`, for which fault is told.
func parseExpression(_ source: String, _ scope: ExpressionScope) throws(ExpressionFault) -> ExpressionNode {
    guard source.unicodeScalars.count <= ExpressionLimits.charactersMax else {
        throw ExpressionFault(
            kind: .syntax, message: "Exceeded max expression length \(ExpressionLimits.charactersMax)", offset: 0)
    }
    var parser = ExpressionParser(source: source, tokens: try expressionTokens(source), scope: scope)
    return try parser.parse()
}

/// Two stacks, of values read and of what still waits for values (Dijkstra's shunting yard): no text can make it
/// recurse. Only the tree's height is limited, for those who walk over it.
private struct ExpressionParser {
    struct Tree {
        let node: ExpressionNode
        let height: Int
    }
    /// Something opened whose values are not all read.
    struct Open {
        enum Kind {
            case operation(Operator)
            case group
            case index
            case call(ExpressionFunction, ExpressionToken)
        }
        let kind: Kind
        /// How many values stood on the stack before its own.
        let base: Int
    }
    enum Operator: Equatable {
        case or, and, not
        case comparison(ExpressionComparison)

        init?(_ token: ExpressionToken) {
            guard token.kind == .sign else { return nil }
            switch token.text {
            case "||": self = .or
            case "&&": self = .and
            default:
                guard let comparison = ExpressionComparison(rawValue: token.text) else { return nil }
                self = .comparison(comparison)
            }
        }

        /// The higher, the tighter it binds.
        var level: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .comparison(.equal), .comparison(.unequal): 3
            case .comparison(.less), .comparison(.lessOrEqual), .comparison(.greater), .comparison(.greaterOrEqual): 4
            case .not: 5
            }
        }

        /// `a && b && c` is one operation with three values.
        var isChain: Bool { self == .or || self == .and }
    }
    let source: String
    let tokens: [ExpressionToken]
    let scope: ExpressionScope
    private var at = 0
    private var values: [Tree] = []
    private var open: [Open] = []

    init(source: String, tokens: [ExpressionToken], scope: ExpressionScope) {
        self.source = source
        self.tokens = tokens
        self.scope = scope
    }

    private var token: ExpressionToken { tokens[at] }

    /// Steps over the token unless it is the end.
    private mutating func advance() { if at + 1 < tokens.count { at += 1 } }

    private mutating func take(_ sign: String) -> Bool {
        guard token.isSign(sign) else { return false }
        advance()
        return true
    }

    mutating func parse() throws(ExpressionFault) -> ExpressionNode {
        repeat { try readValue() } while try readBehindValue()
        guard token.kind == .end, let tree = values.first else { throw unexpected() }
        return tree.node
    }

    /// Reads up to and with the next literal, context or call without arguments.
    private mutating func readValue() throws(ExpressionFault) {
        while true {
            let token = token
            switch token.kind {
            case .number(let number):
                advance()
                return push(.literal(.number(number)))
            case .string(let text):
                advance()
                return push(.literal(.string(text)))
            case .name:
                advance()
                guard take("(") else { return push(try named(token)) }
                open.append(Open(kind: .call(try function(token), token), base: values.count))
                if self.token.isSign(")") { return }
            case .sign where token.text == "!":
                advance()
                open.append(Open(kind: .operation(.not), base: values.count))
            case .sign where token.text == "(":
                advance()
                open.append(Open(kind: .group, base: values.count))
            case .sign, .end: throw unexpected()
            }
        }
    }

    /// Reads what may stand behind a value. True when another value must follow.
    private mutating func readBehindValue() throws(ExpressionFault) -> Bool {
        while true {
            if let operation = Operator(token) {
                advance()
                try close(downTo: operation)
                return true
            }
            guard token.kind == .sign else { break }
            switch token.text {
            case ".":
                advance()
                try readProperty()
            case "[":
                advance()
                guard take("*") else {
                    open.append(Open(kind: .index, base: values.count - 1))
                    return true
                }
                guard take("]") else { throw unexpected() }
                try replaceTop { .all($0) }
            case ",":
                try closeOperations()
                guard case .call = open.last?.kind else { throw unexpected() }
                advance()
                return true
            case ")", "]": try closeBracket()
            default: throw unexpected()
            }
        }
        try closeOperations()
        guard open.isEmpty else { throw unexpected() }
        return false
    }

    private mutating func readProperty() throws(ExpressionFault) {
        if take("*") { return try replaceTop { .all($0) } }
        guard token.kind == .name else { throw unexpected() }
        let name = token.text
        advance()
        try replaceTop { .index($0, .literal(.string(name))) }
    }

    /// Completes operations that bind at least as tightly as the new one, which then waits for its last value.
    private mutating func close(downTo operation: Operator) throws(ExpressionFault) {
        while case .operation(let last) = open.last?.kind, last.level >= operation.level {
            if last == operation, last.isChain { return }
            try closeLast()
        }
        open.append(Open(kind: .operation(operation), base: values.count - 1))
    }

    private mutating func closeOperations() throws(ExpressionFault) {
        while case .operation = open.last?.kind { try closeLast() }
    }

    private mutating func closeBracket() throws(ExpressionFault) {
        try closeOperations()
        switch open.last?.kind {
        case .group where token.text == ")", .call where token.text == ")", .index where token.text == "]":
            try closeLast()
            advance()
        default: throw unexpected()
        }
    }

    /// Makes one value of what the last opened thing has read.
    private mutating func closeLast() throws(ExpressionFault) {
        guard let last = open.popLast() else { return }
        let parts = Array(values[last.base...])
        let nodes = parts.map(\.node)
        values.removeLast(parts.count)
        switch last.kind {
        case .group: values += parts
        case .index: push(.index(nodes[0], nodes[1]), over: parts)
        case .operation(.or): push(.or(nodes), over: parts)
        case .operation(.and): push(.and(nodes), over: parts)
        case .operation(.not): push(.not(nodes[0]), over: parts)
        case .operation(.comparison(let comparison)): push(.comparison(comparison, nodes[0], nodes[1]), over: parts)
        case .call(let function, let name):
            if let fault = fault(of: function, argumentCount: nodes.count) {
                throw ExpressionFault(.arguments, "\(fault): '\(name.text)'", at: name.offset, in: source)
            }
            push(.call(function, nodes), over: parts)
        }
        try checkHeight()
    }

    private mutating func replaceTop(_ build: (ExpressionNode) -> ExpressionNode) throws(ExpressionFault) {
        guard let top = values.popLast() else { throw unexpected() }
        push(build(top.node), over: [top])
        try checkHeight()
    }

    private mutating func push(_ node: ExpressionNode, over parts: [Tree] = []) {
        values.append(Tree(node: node, height: 1 + (parts.map(\.height).max() ?? 0)))
    }

    private func checkHeight() throws(ExpressionFault) {
        guard let top = values.last, top.height > ExpressionLimits.depthMax else { return }
        throw ExpressionFault(
            .syntax, "Exceeded max expression depth \(ExpressionLimits.depthMax)", at: token.offset, in: source)
    }

    private func named(_ token: ExpressionToken) throws(ExpressionFault) -> ExpressionNode {
        switch token.text {
        case "null": return .literal(.null)
        case "true": return .literal(.bool(true))
        case "false": return .literal(.bool(false))
        default: break
        }
        let name = token.text.lowercased()
        guard scope.contexts.contains(name) else {
            throw ExpressionFault(
                .context, "Unrecognized named-value: '\(quoted(token.text))'", at: token.offset, in: source,
                hint: "\(scope.place) has only \(scope.contexts.joined(separator: ", "))")
        }
        return .context(name)
    }

    private func function(_ token: ExpressionToken) throws(ExpressionFault) -> ExpressionFunction {
        let function = ExpressionFunction(name: token.text)
        if let function, function.isStatus ? scope.hasStatusFunctions : function != .hashFiles || scope.hasFiles {
            return function
        }
        throw ExpressionFault(
            .function, "Unrecognized function: '\(quoted(token.text))'", at: token.offset, in: source,
            hint: function == nil
                ? ""
                : function == .hashFiles
                    ? "only steps can use it: the server does not have the files of the job"
                    : "\(scope.place) cannot ask for the status of jobs")
    }

    private func fault(of function: ExpressionFunction, argumentCount count: Int) -> String? {
        if count < function.arguments.lowerBound { return "Too few parameters supplied" }
        let namesJobs = scope.statusNamesJobs && (function == .success || function == .failure)
        if count > (namesJobs ? 255 : function.arguments.upperBound) { return "Too many parameters supplied" }
        guard function == .choose, count % 2 == 0 else { return nil }
        return "Even number of parameters supplied, requires an odd number of parameters"
    }

    /// The end is told by the last thing that stands before it.
    private func unexpected() -> ExpressionFault {
        if token.kind != .end {
            let what = "Unexpected symbol: '\(quoted(token.text))'"
            return ExpressionFault(.syntax, what, at: token.offset, in: source)
        }
        guard at > 0 else {
            return ExpressionFault(kind: .syntax, message: "An expression was expected", offset: token.offset)
        }
        let last = tokens[at - 1]
        let what = "Unexpected end of expression: '\(quoted(last.text))'"
        return ExpressionFault(.syntax, what, at: last.offset, in: source)
    }
}
