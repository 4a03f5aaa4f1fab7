/// One word or sign of an expression.
struct ExpressionToken: Sendable {
    enum Kind: Equatable, Sendable {
        case number(Double)
        case string(String)
        /// A context, a function, a property or one of `null`, `true`, `false`; the parser knows which.
        case name
        case sign
        case end
    }
    let kind: Kind
    let text: String
    /// Characters of the expression before it.
    let offset: Int

    func isSign(_ sign: String) -> Bool { kind == .sign && text == sign }
}

/// Takes an expression apart; the last token is the end.
///
/// - Source: actions/runner `LexicalAnalyzer.cs`, for where a word ends: `a/b` and `1-1` are one wrong word each.
func expressionTokens(_ source: String) throws(ExpressionFault) -> [ExpressionToken] {
    var lexer = ExpressionLexer(source)
    var tokens: [ExpressionToken] = []
    repeat { tokens.append(try lexer.next(after: tokens.last)) } while tokens.last?.kind != .end
    return tokens
}

private struct ExpressionLexer {
    let source: String
    let scalars: [Unicode.Scalar]
    var at = 0

    init(_ source: String) {
        self.source = source
        scalars = Array(source.unicodeScalars)
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        at + ahead < scalars.count ? scalars[at + ahead] : nil
    }

    mutating func next(after last: ExpressionToken?) throws(ExpressionFault) -> ExpressionToken {
        while let scalar = peek(), scalar.properties.isWhitespace { at += 1 }
        guard let scalar = peek() else { return ExpressionToken(kind: .end, text: "", offset: at) }
        switch scalar {
        case "'": return try string()
        case "(", ")", "[", "]", ",", "*": return sign(1)
        case ".": return beginsOperand(after: last) ? try number() : sign(1)
        case "+", "-", "0"..."9": return try number()
        case "!", "<", ">": return sign(peek(1) == "=" ? 2 : 1)
        case "=", "&", "|":
            guard peek(1) == scalar else { throw unexpected(word(), at: at) }
            return sign(2)
        default: return try name(isProperty: last?.isSign(".") == true)
        }
    }

    /// `.5` is a number where a value must begin, and a property behind one.
    private func beginsOperand(after last: ExpressionToken?) -> Bool {
        guard let last, last.kind == .sign else { return last == nil }
        return ![")", "]", "*"].contains(last.text)
    }

    private mutating func sign(_ length: Int) -> ExpressionToken {
        defer { at += length }
        return ExpressionToken(kind: .sign, text: text(at..<at + length), offset: at)
    }

    private mutating func string() throws(ExpressionFault) -> ExpressionToken {
        let start = at
        var value = String.UnicodeScalarView()
        at += 1
        while let scalar = peek() {
            at += 1
            if scalar == "'" {
                guard peek() == "'" else {
                    return ExpressionToken(kind: .string(String(value)), text: text(start..<at), offset: start)
                }
                at += 1
            }
            value.append(scalar)
        }
        throw unexpected(text(start..<at), at: start)
    }

    private mutating func number() throws(ExpressionFault) -> ExpressionToken {
        let start = at
        let word = word(withDots: true)
        guard let number = expressionNumber(word) else { throw unexpected(word, at: start) }
        at += word.unicodeScalars.count
        return ExpressionToken(kind: .number(number), text: word, offset: start)
    }

    private mutating func name(isProperty: Bool) throws(ExpressionFault) -> ExpressionToken {
        let start = at
        let word = word()
        guard isName(word) else { throw unexpected(word, at: start) }
        at += word.unicodeScalars.count
        let isNumber = !isProperty && ["NaN", "Infinity"].contains(word)
        let kind = isNumber ? expressionNumber(word).map(ExpressionToken.Kind.number) : nil
        return ExpressionToken(kind: kind ?? .name, text: word, offset: start)
    }

    /// From here to where a word must end; at least one character.
    private func word(withDots: Bool = false) -> String {
        let end = scalars[(at + 1)...].firstIndex { scalar in
            switch scalar {
            case "(", ")", "[", "]", ",", "!", "<", ">", "=", "&", "|": true
            case ".": !withDots
            default: scalar.properties.isWhitespace
            }
        }
        return text(at..<(end ?? scalars.count))
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private func unexpected(_ word: String, at offset: Int) -> ExpressionFault {
        ExpressionFault(.syntax, "Unexpected symbol: '\(quoted(word))'", at: offset, in: source)
    }
}

/// `[A-Za-z_][A-Za-z0-9_-]*`
private func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first), first != UInt8(ascii: "-") else { return false }
    return text.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension ExpressionFault {
    /// In GitHub's form: `Unexpected symbol: 'x'. Located at position 3 within expression: 1 x`, counted from 1.
    init(_ kind: Kind, _ what: String, at offset: Int, in source: String, hint: String = "") {
        let place = "Located at position \(offset + 1) within expression: \(quoted(source))"
        self.init(kind: kind, message: "\(what). \(place)\(hint.isEmpty ? "" : "; \(hint)")", offset: offset)
    }
}

/// A text short enough for a message.
func quoted(_ text: String) -> String {
    let start = text.unicodeScalars.prefix(ExpressionLimits.quotedCharactersMax)
    return start.count < text.unicodeScalars.count ? String(start) + "…" : text
}
