/// A fault in the text that stops reading, with its diagnostic code (workflows.md 16).
struct YAMLFault: Error, Equatable {
    let code: String
    let message: String
    let position: Position
}

/// The shape of YAML text: how deep it nests and where its aliases are, found without recursion.
///
/// Yams recurses for each level and copies a node for each alias, so both must be known before it composes
/// (workflows.md 17.1). The rules follow libyaml's `scanner.c` token by token: a reading of quotes, comments or
/// block scalars that differed from its would let brackets hide.
/// What libyaml rejects may be misread here: it stops there.
struct YAMLShape {
    /// Aliases by position: the name, and the byte offset of the `*`.
    private(set) var aliases: [Position: (name: String, offset: Int)] = [:]
    /// Keys on one line, in source order, with the collection they stand in.
    private(set) var keys: [(text: String, position: Position, collection: Int)] = []

    private let text: [UInt8]
    private var at = 0
    private var line = 1
    private var column = 0
    private var blocks: [Block] = []
    private var flows: [Int] = []
    private var candidates: [Candidate?] = [nil]
    private var collections = 0

    private struct Block {
        let indent: Int
        let isIndentless: Bool
        let isMapping: Bool
        let id: Int
    }
    private struct Candidate {
        let line: Int
        let column: Int
        let start: Int
        var end: Int
    }

    private init(_ text: [UInt8]) { self.text = text }

    /// - Parameter text: UTF-8 with line feeds alone as line breaks.
    static func scan(_ text: [UInt8]) throws(YAMLFault) -> YAMLShape {
        var shape = YAMLShape(text)
        while shape.skipToToken() { try shape.token() }
        return shape
    }

    private var indent: Int { blocks.last?.indent ?? -1 }

    private func byte(_ ahead: Int = 0) -> UInt8 { at + ahead < text.count ? text[at + ahead] : 0 }
    private func isBlank(_ ahead: Int = 0) -> Bool {
        at + ahead >= text.count || [0x20, 0x09, 0x0A].contains(text[at + ahead])
    }

    private mutating func step() {
        guard at < text.count else { return }
        if text[at] == 0x0A {
            line += 1
            column = 0
        } else if text[at] & 0xC0 != 0x80 {
            column += 1
        }
        at += 1
    }
    private mutating func step(_ count: Int) { for _ in 0..<count { step() } }
    private mutating func stepLine() { while at < text.count, byte() != 0x0A { step() } }

    private mutating func skipToToken() -> Bool {
        while at < text.count {
            if byte() == 0x23 {
                stepLine()
            } else if isBlank() {
                step()
            } else {
                return true
            }
        }
        return false
    }

    private var isDocumentMark: Bool {
        column == 0 && isBlank(3)
            && ((byte() == 0x2D && byte(1) == 0x2D && byte(2) == 0x2D)
                || (byte() == 0x2E && byte(1) == 0x2E && byte(2) == 0x2E))
    }

    private mutating func token() throws(YAMLFault) {
        if flows.isEmpty { unroll(to: column) }
        let here = byte()
        if column == 0, here == UInt8(ascii: "%") { return stepLine() }
        if isDocumentMark {
            if flows.isEmpty { blocks = [] }
            candidates[candidates.count - 1] = nil
            return step(3)
        }
        switch here {
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            startKey()
            collections += 1
            flows.append(collections)
            candidates.append(nil)
            try checkDepth(at: column)
            step()
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            if !flows.isEmpty {
                flows.removeLast()
                candidates.removeLast()
            }
            step()
            endKey()
        case UInt8(ascii: ","):
            candidates[candidates.count - 1] = nil
            step()
        case UInt8(ascii: "-") where isBlank(1):
            if flows.isEmpty { try roll(to: column, isMapping: false) }
            candidates[candidates.count - 1] = nil
            step()
        case UInt8(ascii: "?") where !flows.isEmpty || isBlank(1):
            if flows.isEmpty { try roll(to: column, isMapping: true) }
            candidates[candidates.count - 1] = nil
            step()
        case UInt8(ascii: ":") where !flows.isEmpty || isBlank(1): try value()
        case UInt8(ascii: "*"), UInt8(ascii: "&"): anchor(isAlias: here == UInt8(ascii: "*"))
        case UInt8(ascii: "!"): tag()
        case UInt8(ascii: "|") where flows.isEmpty, UInt8(ascii: ">") where flows.isEmpty: blockScalar()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): quoted(here)
        default: plain()
        }
    }

    // A block collection ends where a token stands further left; one without indent of its own at the next key.
    private mutating func unroll(to column: Int) {
        while let last = blocks.last {
            let ends =
                last.isIndentless
                ? last.indent > column || (last.indent == column && !(byte() == UInt8(ascii: "-") && isBlank(1)))
                : last.indent > column
            guard ends else { return }
            blocks.removeLast()
        }
    }

    private mutating func roll(to column: Int, isMapping: Bool) throws(YAMLFault) {
        let isIndentless = !isMapping && indent == column && blocks.last?.isMapping == true
        guard indent < column || isIndentless else { return }
        collections += 1
        blocks.append(Block(indent: column, isIndentless: isIndentless, isMapping: isMapping, id: collections))
        try checkDepth(at: column)
    }

    private mutating func value() throws(YAMLFault) {
        let key = candidates[candidates.count - 1].flatMap { $0.line == line ? $0 : nil }
        candidates[candidates.count - 1] = nil
        if flows.isEmpty { try roll(to: key?.column ?? column, isMapping: true) }
        if let key {
            var bytes = text[key.start..<key.end]
            if bytes.count > 1, let quote = bytes.first, "'\"".utf8.contains(quote) {
                bytes = bytes.dropFirst().dropLast()
            }
            let raw = String(decoding: bytes, as: UTF8.self)
            let position = Position(line: key.line, column: key.column + 1)
            keys.append((raw, position, flows.last ?? blocks.last?.id ?? 0))
        }
        step()
    }

    private func checkDepth(at column: Int) throws(YAMLFault) {
        guard blocks.count + flows.count > WorkflowLimits.depthMax else { return }
        throw YAMLFault(
            code: "too-deep", message: "nested more than \(WorkflowLimits.depthMax) levels deep",
            position: Position(line: line, column: column + 1))
    }

    /// A token that may turn out to be a key. An anchor or a tag before it is where the key starts (libyaml).
    private mutating func startKey() {
        if let old = candidates[candidates.count - 1], old.line == line { return }
        candidates[candidates.count - 1] = Candidate(line: line, column: column, start: at, end: at)
    }
    private mutating func endKey() { candidates[candidates.count - 1]?.end = at }

    private mutating func anchor(isAlias: Bool) {
        startKey()
        let offset = at
        let position = Position(line: line, column: column + 1)
        step()
        let start = at
        while isNameByte(byte()) { step() }
        if isAlias, at > start {
            aliases[position] = (String(decoding: text[start..<at], as: UTF8.self), offset)
        }
        endKey()
    }

    private mutating func tag() {
        startKey()
        if byte(1) == UInt8(ascii: "<") {
            while !isBlank(), byte() != UInt8(ascii: ">") { step() }
            step()
        } else {
            while !isBlank(), !"[]{},".utf8.contains(byte()) { step() }
        }
        endKey()
    }

    private mutating func quoted(_ quote: UInt8) {
        startKey()
        let key = candidates[candidates.count - 1]
        step()
        while at < text.count {
            if quote == 0x22, byte() == UInt8(ascii: "\\") {
                step(2)
            } else if byte() == quote {
                step()
                guard quote == 0x27, byte() == quote else { break }
                step()
            } else {
                step()
            }
        }
        candidates[candidates.count - 1] = key
        endKey()
    }

    private mutating func plain() {
        startKey()
        let least = indent + 1
        while at < text.count, !isDocumentMark, byte() != 0x23 {
            while !isBlank() {
                if byte() == UInt8(ascii: ":"), isBlank(1) { return }
                if !flows.isEmpty, ",[]{}".utf8.contains(byte()) { return }
                step()
                endKey()
            }
            while at < text.count, isBlank() { step() }
            if flows.isEmpty, column < least { return }
        }
    }

    private mutating func blockScalar() {
        let parent = indent
        step()
        var given: Int?
        while byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") || (0x31...0x39).contains(byte()) {
            if (0x31...0x39).contains(byte()) { given = max(parent, 0) + Int(byte() - 0x30) }
            step()
        }
        stepLine()
        step()
        var content = given ?? 0
        var widest = 0
        func reach(_ shape: inout YAMLShape) {
            while true {
                while content == 0 || shape.column < content, shape.byte() == 0x20, shape.at < shape.text.count {
                    shape.step()
                }
                widest = max(widest, shape.column)
                guard shape.at < shape.text.count, shape.byte() == 0x0A else { break }
                shape.step()
            }
            if content == 0 { content = max(widest, parent + 1, 1) }
        }
        reach(&self)
        while at < text.count, column == content {
            stepLine()
            step()
            reach(&self)
        }
        candidates[candidates.count - 1] = nil
    }
}

/// libyaml's `IS_ALPHA`: what an anchor's name consists of.
private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
}
