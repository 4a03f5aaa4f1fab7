/// Where a character of a scalar stands in the file.
///
/// YAML folds lines, drops indentation and resolves escapes, but it neither adds nor drops a character that is not
/// blank. So those are counted: the fifth of the value is the fifth of the source, with an escape taken as one.
///
/// - Parameters:
///   - offset: characters of the scalar's text before it; at a blank or the end, the place behind the last character.
///   - source: the file.
func position(ofCharacter offset: Int, in node: YAMLNode, _ source: [UInt8]) -> Position {
    let text = Array((node.scalar?.text ?? "").unicodeScalars)
    let before = text.prefix(offset).count { !isBlank($0) }
    let isBehind = offset >= text.count || isBlank(text[offset])
    guard !isBehind || before > 0, let clean = try? cleanText(source) else { return node.position }
    var walk = ScalarWalk(String(decoding: clean, as: UTF8.self), from: node.position)
    var found: Position?
    for _ in 0..<(isBehind ? before : before + 1) { found = walk.next() }
    guard let found else { return node.position }
    return isBehind ? walk.position : found
}

/// What YAML may fold or drop.
private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\n" }

/// Steps over the characters of one scalar in the source.
private struct ScalarWalk {
    enum Style {
        case plain, single, double, block
    }
    private(set) var position = Position(line: 1, column: 1)
    private let source: [Unicode.Scalar]
    private var at = 0
    private var style = Style.plain

    init(_ source: String, from start: Position) {
        self.source = Array(source.unicodeScalars)
        while at < self.source.count, position != start { step() }
        skipProperties()
        switch peek() {
        case "'":
            style = .single
            step()
        case "\"":
            style = .double
            step()
        case "|", ">":
            style = .block
            while let scalar = peek(), scalar != "\n" { step() }
        default: break
        }
    }

    /// The place of the next character that is not blank; nil at the end of the file.
    mutating func next() -> Position? {
        while let scalar = peek() {
            let here = position
            if isBlank(scalar) {
                step()
                if style == .plain, peek() == "#" { skipLine() }
            } else if style == .double, scalar == "\\" {
                if let value = escaped(), !isBlank(value) { return here }
            } else {
                step(style == .single && scalar == "'" ? 2 : 1)
                return here
            }
        }
        return nil
    }

    /// Steps over an escape. Nil when it stands for nothing: the break of a line.
    private mutating func escaped() -> Unicode.Scalar? {
        step()
        guard let letter = peek() else { return nil }
        step()
        let digits: Int
        switch letter {
        case "\n": return nil
        case "n": return "\n"
        case "t": return "\t"
        case "x": digits = 2
        case "u": digits = 4
        case "U": digits = 8
        default: return letter
        }
        let code = String(String.UnicodeScalarView(source[at..<min(at + digits, source.count)]))
        step(digits)
        return UInt32(code, radix: 16).flatMap { Unicode.Scalar($0) }
    }

    /// An anchor and a tag come before the scalar, and the scalar may stand on the next line.
    private mutating func skipProperties() {
        while let scalar = peek() {
            if isBlank(scalar) {
                step()
            } else if scalar == "#" {
                skipLine()
            } else if scalar == "&" || scalar == "!" {
                while let scalar = peek(), !isBlank(scalar) { step() }
            } else {
                return
            }
        }
    }

    private mutating func skipLine() { while let scalar = peek(), scalar != "\n" { step() } }

    private func peek() -> Unicode.Scalar? { at < source.count ? source[at] : nil }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where at < source.count {
            let isBreak = source[at] == "\n"
            position = Position(
                line: position.line + (isBreak ? 1 : 0), column: isBreak ? 1 : position.column + 1)
            at += 1
        }
    }
}

extension DiagnosticList {
    /// A fault in an expression, at its place inside of the scalar.
    mutating func expression(_ fault: ExpressionFault, in node: YAMLNode) {
        let place = hasRoomForError ? position(ofCharacter: fault.offset, in: node, source) : node.position
        error(fault.kind.rawValue, fault.message, at: place)
    }
}
