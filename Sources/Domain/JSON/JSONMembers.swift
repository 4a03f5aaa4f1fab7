/// One member of a JSON object, its value not read.
struct JSONMember {
    let key: String
    /// The value's text.
    let value: ArraySlice<UInt8>

    /// The value, which must be a string.
    func text() throws(JSONFault) -> String {
        guard case .string(let text) = try read() else { throw JSONFault(message: "a string expected") }
        return text
    }

    /// The value, which must be a list of strings.
    func texts() throws(JSONFault) -> [String] {
        guard case .array(let array) = try read() else { throw JSONFault(message: "a list expected") }
        return try array.items.map { (item) throws(JSONFault) in
            guard case .string(let text) = item else { throw JSONFault(message: "a list of strings expected") }
            return text
        }
    }

    private func read() throws(JSONFault) -> ExpressionValue {
        var reader = JSONReader(
            String(decoding: value, as: UTF8.self), valueBytesMax: ExpressionLimits.valueBytesMax)
        return try reader.read()
    }
}

/// The members of a JSON object, in order, each value as a slice of the text.
///
/// For JSON that Millrace wrote and stored: values are passed over, not checked, so that large ones (a job's steps) cost
/// no more than a look at each byte. Whitespace between tokens is not expected.
///
/// - Throws: ``JSONFault`` for a text that is cut or is no object.
func jsonMembers(_ text: ArraySlice<UInt8>) throws(JSONFault) -> [JSONMember] {
    var scanner = JSONScanner(text)
    return try scanner.members()
}

/// The items of a JSON list, in order, each as a slice of the text; as ``jsonMembers(_:)``.
func jsonItems(_ text: ArraySlice<UInt8>) throws(JSONFault) -> [ArraySlice<UInt8>] {
    var scanner = JSONScanner(text)
    return try scanner.items()
}

private struct JSONScanner {
    private let text: ArraySlice<UInt8>
    private var at: Int

    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        at = text.startIndex
    }

    mutating func members() throws(JSONFault) -> [JSONMember] {
        try take(UInt8(ascii: "{"))
        var found: [JSONMember] = []
        if peek() != UInt8(ascii: "}") {
            found.append(try member())
            while peek() == UInt8(ascii: ",") {
                at += 1
                found.append(try member())
            }
        }
        try take(UInt8(ascii: "}"))
        guard at == text.endIndex else { throw fault("the end") }
        return found
    }

    mutating func items() throws(JSONFault) -> [ArraySlice<UInt8>] {
        try take(UInt8(ascii: "["))
        var found: [ArraySlice<UInt8>] = []
        while peek() != UInt8(ascii: "]") {
            if !found.isEmpty { try take(UInt8(ascii: ",")) }
            let start = at
            try skipValue()
            guard at > start else { throw fault("a value") }
            found.append(text[start..<at])
        }
        try take(UInt8(ascii: "]"))
        guard at == text.endIndex else { throw fault("the end") }
        return found
    }

    private mutating func member() throws(JSONFault) -> JSONMember {
        let start = at
        try skipString()
        var reader = JSONReader(
            String(decoding: text[start..<at], as: UTF8.self), valueBytesMax: ExpressionLimits.valueBytesMax)
        guard case .string(let key) = try reader.read() else { throw fault("a key") }
        try take(UInt8(ascii: ":"))
        let value = at
        try skipValue()
        return JSONMember(key: key, value: text[value..<at])
    }

    private mutating func skipValue() throws(JSONFault) {
        let start = at
        var depth = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return try checkNotEmpty(from: start) }
                depth -= 1
                at += 1
            case UInt8(ascii: ",") where depth == 0: return try checkNotEmpty(from: start)
            default: at += 1
            }
        }
        throw fault("the end of a value")
    }

    private func checkNotEmpty(from start: Int) throws(JSONFault) {
        if at == start { throw fault("a value") }
    }

    private mutating func skipString() throws(JSONFault) {
        try take(UInt8(ascii: "\""))
        while let byte = peek() {
            at += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
        throw fault("the end of a string")
    }

    private func peek() -> UInt8? { at < text.endIndex ? text[at] : nil }

    private mutating func take(_ byte: UInt8) throws(JSONFault) {
        guard peek() == byte else { throw fault("\"\(Character(Unicode.Scalar(byte)))\"") }
        at += 1
    }

    private func fault(_ what: String) -> JSONFault {
        JSONFault(message: "\(what) expected at byte \(min(at, text.endIndex) - text.startIndex + 1) of the JSON text")
    }
}
