/// Expressions whose context `inputs` is replaced by its values, for jobs of a called workflow.
///
/// A runner knows the inputs of a dispatch alone, from the event's payload, and the event of a called workflow is the
/// caller's. So what its steps read of `inputs` goes to it as literals, which every runner understands.
struct InputText {
    private let inputs: ExpressionObject
    private let whole: String
    /// Bytes of literals that may still be written: one input may stand in many places.
    private var bytesLeft: Int

    /// The literals take more bytes than they may: what was not yet rewritten stays as it is.
    var isOver: Bool { bytesLeft < 0 }

    /// - Parameters:
    ///   - inputs: the context, as JSON text.
    ///   - bytesMax: of all literals together.
    init(_ inputs: String, bytesMax: Int) {
        bytesLeft = bytesMax
        if case .object(let object)? = try? ExpressionValue(json: inputs) {
            self.inputs = object
        } else {
            self.inputs = ExpressionObject([])
        }
        whole = Self.call(inputs)
    }

    /// A step; its `if` is an expression as a whole.
    mutating func replaced(step node: YAMLNode) -> YAMLNode {
        guard let pairs = node.pairs else { return replaced(node) }
        return YAMLNode(
            position: node.position,
            content: .mapping(
                pairs.map { pair in
                    YAMLPair(
                        key: pair.key, position: pair.position,
                        value: replaced(pair.value, isCondition: pair.key == "if"))
                }))
    }

    /// The node with every expression in it rewritten.
    mutating func replaced(_ node: YAMLNode) -> YAMLNode { replaced(node, isCondition: false) }

    private mutating func replaced(_ node: YAMLNode, isCondition: Bool) -> YAMLNode {
        switch node.content {
        case .sequence(let items):
            YAMLNode(position: node.position, content: .sequence(items.map { replaced($0) }))
        case .mapping(let pairs):
            YAMLNode(
                position: node.position,
                content: .mapping(
                    pairs.map { pair in
                        YAMLPair(
                            key: replaced(pair.key), position: pair.position,
                            value: replaced(pair.value))
                    }))
        case .scalar(let scalar):
            if case .string = scalar.value { rewritten(node, scalar.text, isCondition) } else { node }
        }
    }

    private mutating func rewritten(_ node: YAMLNode, _ text: String, _ isCondition: Bool) -> YAMLNode {
        let new = isCondition && !hasExpression(text) ? expression(text) : replaced(text)
        return sameScalars(new, text) ? node : YAMLNode(position: node.position, scalar: new)
    }

    /// A text that cannot be taken apart stays as it is: the runner says why.
    mutating func replaced(_ text: String) -> String {
        guard !isOver, hasExpression(text), let pieces = Template.pieces(of: text) else { return text }
        return pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .expression(let source): "${{\(expression(source))}}"
            }
        }.joined()
    }

    private mutating func expression(_ source: String) -> String {
        guard !isOver, let tokens = try? expressionTokens(source) else { return source }
        let scalars = Array(source.unicodeScalars)
        var out = String.UnicodeScalarView()
        var copied = 0
        var at = 0
        while at < tokens.count {
            defer { at += 1 }
            guard isContext(tokens, at) else { continue }
            let name = property(tokens, behind: at)
            let written = name.map { literal(inputs[$0] ?? .null) } ?? whole
            bytesLeft -= written.utf8.count
            guard !isOver else { return source }
            out.append(contentsOf: scalars[copied..<tokens[at].offset])
            out.append(contentsOf: written.unicodeScalars)
            let last = name == nil ? at : at + 2
            copied = tokens[last].offset + tokens[last].text.unicodeScalars.count
            at = last
        }
        out.append(contentsOf: scalars[copied...])
        return String(out)
    }

    /// `inputs` where a context stands: no property, no function.
    private func isContext(_ tokens: [ExpressionToken], _ at: Int) -> Bool {
        guard tokens[at].kind == .name, tokens[at].text.lowercased() == "inputs" else { return false }
        if at > 0, tokens[at - 1].isSign(".") { return false }
        return !tokens[at + 1].isSign("(")
    }

    /// `x` of `inputs.x`, when nothing is taken from it in turn: a literal has no properties.
    private func property(_ tokens: [ExpressionToken], behind at: Int) -> String? {
        guard tokens[at + 1].isSign("."), tokens[at + 2].kind == .name else { return nil }
        let next = tokens[at + 3]
        return next.isSign(".") || next.isSign("[") ? nil : tokens[at + 2].text
    }

    private func literal(_ value: ExpressionValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .number(let number) where number.isFinite: return jsonNumber(number)
        case .string(let text) where text.utf8.allSatisfy({ $0 >= 0x20 }): return Self.quoted(text)
        case .number, .string, .array, .object:
            var json = JSONWriter()
            json.value(value)
            return Self.call(String(decoding: json.bytes, as: UTF8.self))
        }
    }

    private static func call(_ json: String) -> String { "fromJSON(\(quoted(json)))" }
    private static func quoted(_ text: String) -> String {
        let quote = UInt8(ascii: "'")
        return "'" + String(decoding: text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }, as: UTF8.self) + "'"
    }
}

extension JSONWriter {
    /// A value without whitespace; what JSON has no word for is null.
    mutating func value(_ value: ExpressionValue) {
        switch value {
        case .null: literal("null")
        case .bool(let flag): literal(flag ? "true" : "false")
        case .number(let number): literal(number.isFinite ? jsonNumber(number) : "null")
        case .string(let text): string(text)
        case .array(let array): self.array { json in array.items.forEach { json.value($0) } }
        case .object(let object):
            self.object { json in
                for pair in object.pairs {
                    json.key(pair.key)
                    json.value(pair.value)
                }
            }
        }
    }
}
