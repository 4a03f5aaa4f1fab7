/// The ids of a block list, in the order of the document: the order of the content.
///
/// Reads this one kind of document and nothing else of XML: no DOCTYPE, so no entities to blow up, no processing
/// instructions, no CDATA. One pass, no recursion. `Committed`, `Uncommitted` and `Latest` mean the same here, since an
/// upload has one set of blocks until it is finished.
///
/// - Parameter xml: at most ``ArtifactLimits/blockListBytesMax`` bytes; the caller limits what it reads.
/// - Source: artifacts.md 3.3; Azure "Put Block List". Its JavaScript and Python SDKs send an XML declaration, with either
///   kind of quotes, the .NET one sends none.
public func readBlockList(_ xml: [UInt8]) throws(BlockProblem) -> [BlockID] {
    var reader = BlockListReader(xml: xml)
    return try reader.document()
}

private struct BlockListReader {
    let xml: [UInt8]
    var at = 0

    init(xml: [UInt8]) { self.xml = xml }

    mutating func document() throws(BlockProblem) -> [BlockID] {
        _ = take("\u{FEFF}")
        if take("<?xml") { try declaration() }
        try skipBetweenElements()
        guard take("<BlockList"), let isEmpty = try endOfOpeningTag(attributesAllowed: true) else {
            throw problem("does not begin with <BlockList>")
        }
        let ids = isEmpty ? [] : try content()
        try skipBetweenElements()
        guard at == xml.count else { throw problem("goes on after </BlockList>") }
        return ids
    }

    private mutating func content() throws(BlockProblem) -> [BlockID] {
        var ids: [BlockID] = []
        while true {
            try skipBetweenElements()
            if take("</BlockList") {
                try endOfClosingTag()
                return ids
            }
            guard let name = ["Latest", "Uncommitted", "Committed"].first(where: { take("<" + $0) }),
                let isEmpty = try endOfOpeningTag(attributesAllowed: false)
            else { throw problem("has something else than <Latest>") }
            guard ids.count < ArtifactLimits.blockCountMax else { throw .tooManyBlocks }
            let text = isEmpty ? [] : try text(until: name)
            ids.append(try BlockID(base64: trimmed(text)))
        }
    }

    /// Text and references up to the closing tag, which is taken too.
    private mutating func text(until name: String) throws(BlockProblem) -> [UInt8] {
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "<"):
                guard take("</" + name) else { throw problem("has markup in a block's id") }
                try endOfClosingTag()
                return text
            case UInt8(ascii: "&"): text.append(contentsOf: try reference())
            default:
                text.append(byte)
                at += 1
            }
        }
        throw problem("ends in a block's id")
    }

    /// `version="1.0"` with an optional encoding, which must be UTF-8, and `standalone`.
    private mutating func declaration() throws(BlockProblem) {
        while true {
            let spaced = skipSpace()
            if take("?>") { return }
            guard spaced, let (name, value) = try attribute() else { throw problem("has a wrong XML declaration") }
            switch String(decoding: name, as: UTF8.self) {
            case "version", "standalone": break
            case "encoding" where String(decoding: value, as: UTF8.self).lowercased() == "utf-8": break
            case "encoding": throw problem("is not in UTF-8")
            default: throw problem("has a wrong XML declaration")
            }
        }
    }

    /// Attributes, of which only the form is looked at, and `>` or `/>`.
    ///
    /// - Returns: whether the element is empty; nil where its name goes on or what follows is no tag's end.
    private mutating func endOfOpeningTag(attributesAllowed: Bool) throws(BlockProblem) -> Bool? {
        while true {
            let spaced = skipSpace()
            if take(">") { return false }
            if take("/>") { return true }
            guard spaced, attributesAllowed, try attribute() != nil else { return nil }
        }
    }

    private mutating func endOfClosingTag() throws(BlockProblem) {
        _ = skipSpace()
        guard take(">") else { throw problem("has a closing tag without an end") }
    }

    /// `name="value"`, with either kind of quotes. References in the value must be known ones, too.
    private mutating func attribute() throws(BlockProblem) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        let start = at
        while let byte = next, isNameByte(byte) { at += 1 }
        let name = xml[start..<at]
        _ = skipSpace()
        guard !name.isEmpty, take("=") else { return nil }
        _ = skipSpace()
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        at += 1
        let valueStart = at
        while let byte = next, byte != quote {
            switch byte {
            case UInt8(ascii: "<"): return nil
            case UInt8(ascii: "&"): _ = try reference()
            default: at += 1
            }
        }
        guard next == quote else { return nil }
        at += 1
        return (name, xml[valueStart..<(at - 1)])
    }

    /// One of the five entities that every XML has, or a character's number.
    private mutating func reference() throws(BlockProblem) -> [UInt8] {
        let named: [(String, UInt8)] = [
            ("&amp;", UInt8(ascii: "&")), ("&lt;", UInt8(ascii: "<")), ("&gt;", UInt8(ascii: ">")),
            ("&quot;", UInt8(ascii: "\"")), ("&apos;", UInt8(ascii: "'")),
        ]
        for (name, byte) in named where take(name) { return [byte] }
        let radix: UInt32 = take("&#x") ? 16 : 10
        guard radix == 16 || take("&#") else { throw problem("has an unknown entity") }
        let start = at
        var value: UInt32 = 0
        while let digit = next.flatMap(hexValue), UInt32(digit) < radix, value <= 0x10FFFF {
            value = value * radix + UInt32(digit)
            at += 1
        }
        guard at > start, take(";"), let scalar = Unicode.Scalar(value), isXMLCharacter(scalar) else {
            throw problem("has a reference to no character")
        }
        return Array(String(Character(scalar)).utf8)
    }

    /// White space and comments.
    private mutating func skipBetweenElements() throws(BlockProblem) {
        while true {
            if skipSpace() { continue }
            guard take("<!--") else { return }
            while !take("--") {
                guard at < xml.count else { throw problem("has a comment without an end") }
                at += 1
            }
            guard take(">") else { throw problem("has \"--\" in a comment") }
        }
    }

    /// - Returns: whether there was any.
    private mutating func skipSpace() -> Bool {
        let start = at
        while let byte = next, isSpace(byte) { at += 1 }
        return at > start
    }

    private var next: UInt8? { at < xml.count ? xml[at] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard xml[at...].starts(with: text.utf8) else { return false }
        at += text.utf8.count
        return true
    }

    private func problem(_ found: String) -> BlockProblem { .xml(found, at: at) }
}

private func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
    let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
    let end = text.lastIndex { !isSpace($0) } ?? text.endIndex
    return start < text.endIndex ? text[start...end] : []
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
    default: byte >= 0x80
    }
}

/// - Source: XML 1.0, production 2.
private func isXMLCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
}
