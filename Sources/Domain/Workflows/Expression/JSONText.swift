/// Why a text is no JSON.
public struct JSONFault: Error, Equatable, Sendable {
    public let message: String
}

extension ExpressionValue {
    /// Reads JSON strictly, at most ``ExpressionLimits/jsonDepthMax`` levels deep.
    ///
    /// - Throws: ``JSONFault`` that names the first fault and its place.
    public init(json: String) throws(JSONFault) {
        var reader = JSONReader(json, valueBytesMax: ExpressionLimits.valueBytesMax)
        self = try reader.read()
    }

    /// JSON with two spaces for each level, as `toJSON` gives it.
    ///
    /// - Throws: when it has more bytes than allowed.
    func json(bytesMax: Int) throws(EvaluationFault) -> String {
        var writer = ExpressionJSONWriter(bytesMax: bytesMax)
        try writer.write(self, indent: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Reads without recursion: the collections that are open stand on a stack of its own.
struct JSONReader {
    private struct Open {
        let isObject: Bool
        var keys: [String] = []
        var values: [ExpressionValue] = []
    }
    private let text: [UInt8]
    private let valueBytesMax: Int
    private var at = 0
    private var open: [Open] = []
    /// What the values read so far count as (see ``ExpressionLimits``).
    private(set) var valueBytes = 0

    init(_ text: String, valueBytesMax: Int) {
        self.text = Array(text.utf8)
        self.valueBytesMax = valueBytesMax
    }

    mutating func read() throws(JSONFault) -> ExpressionValue {
        while true {
            guard let value = try beginning() else { continue }
            if let whole = try ending(with: value) { return whole }
        }
    }

    /// The value that begins here; nil when it is a collection that was opened.
    private mutating func beginning() throws(JSONFault) -> ExpressionValue? {
        skipBlank()
        try spend(ExpressionLimits.valueBytes)
        switch peek() {
        case UInt8(ascii: "{"): return try openCollection(isObject: true, close: UInt8(ascii: "}"))
        case UInt8(ascii: "["): return try openCollection(isObject: false, close: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): return .string(try string())
        case .some(UInt8(ascii: "-")), .some(0x30...0x39): return .number(try number())
        default: break
        }
        for (word, value) in [("true", ExpressionValue.bool(true)), ("false", .bool(false)), ("null", .null)]
        where text[at...].starts(with: word.utf8) {
            at += word.utf8.count
            return value
        }
        throw expected("a value")
    }

    private mutating func openCollection(isObject: Bool, close: UInt8) throws(JSONFault) -> ExpressionValue? {
        at += 1
        guard open.count < ExpressionLimits.jsonDepthMax else {
            throw JSONFault(message: "JSON nests more than \(ExpressionLimits.jsonDepthMax) levels deep")
        }
        skipBlank()
        if take(close) { return isObject ? .object([]) : .array([]) }
        open.append(Open(isObject: isObject))
        if isObject { try key() }
        return nil
    }

    /// Puts a value where it belongs and closes what ends behind it; the whole value when all is closed.
    private mutating func ending(with value: ExpressionValue) throws(JSONFault) -> ExpressionValue? {
        var value = value
        while let isObject = open.last?.isObject {
            open[open.count - 1].values.append(value)
            skipBlank()
            if take(UInt8(ascii: ",")) {
                if isObject { try key() }
                return nil
            }
            guard take(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw expected(isObject ? "\",\" or \"}\"" : "\",\" or \"]\"")
            }
            let closed = open.removeLast()
            value =
                isObject
                ? .object(zip(closed.keys, closed.values).map { (key: $0, value: $1) }) : .array(closed.values)
        }
        skipBlank()
        guard at == text.count else { throw expected("the end") }
        return value
    }

    private mutating func key() throws(JSONFault) {
        skipBlank()
        guard peek() == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
        open[open.count - 1].keys.append(try string())
        skipBlank()
        guard take(UInt8(ascii: ":")) else { throw expected("\":\"") }
    }

    private mutating func string() throws(JSONFault) -> String {
        at += 1
        var bytes: [UInt8] = []
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: try escaped())
            case ..<0x20: throw expected("no control character in a string")
            default:
                bytes.append(byte)
                at += 1
            }
        }
        guard take(UInt8(ascii: "\"")) else { throw expected("the end of a string") }
        try spend(bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escaped() throws(JSONFault) -> [UInt8] {
        at += 1
        guard let byte = peek() else { throw expected("a character behind \"\\\"") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try escapedScalar()).utf8)
        default:
            at -= 1
            throw expected("one of \" \\ / b f n r t u behind \"\\\"")
        }
    }

    /// Behind `\u`. Half a surrogate pair is no character and becomes U+FFFD.
    private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let isPair = first < 0xDC00 && peek() == UInt8(ascii: "\\") && peek(1) == UInt8(ascii: "u")
        guard isPair else { return "\u{FFFD}" }
        let start = at
        at += 2
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second) else {
            at = start
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap(hexDigit) else { throw expected("four hexadecimal digits") }
            value = value << 4 + UInt32(digit)
            at += 1
        }
        return value
    }

    private mutating func number() throws(JSONFault) -> Double {
        let start = at
        _ = take(UInt8(ascii: "-"))
        let whole = digits()
        let hasLeadingZero = whole > 1 && text[at - whole] == UInt8(ascii: "0")
        guard whole > 0, !hasLeadingZero else { throw expected("a number without leading zeros") }
        if take(UInt8(ascii: ".")), digits() == 0 { throw expected("a digit") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { throw expected("a digit") }
        }
        guard let number = Double(String(decoding: text[start..<at], as: UTF8.self)) else {
            throw expected("a number")
        }
        return number
    }

    private mutating func digits() -> Int {
        let start = at
        while let byte = peek(), (0x30...0x39).contains(byte) { at += 1 }
        return at - start
    }

    private func peek(_ ahead: Int = 0) -> UInt8? { at + ahead < text.count ? text[at + ahead] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        at += 1
        return true
    }

    private mutating func skipBlank() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private mutating func spend(_ bytes: Int) throws(JSONFault) {
        valueBytes += bytes
        guard valueBytes <= valueBytesMax else { throw JSONFault(message: "JSON has too many values") }
    }

    private func expected(_ what: String) -> JSONFault {
        let before = String(decoding: text[..<min(at, text.count)], as: UTF8.self).unicodeScalars.count
        return JSONFault(message: "\(what) expected at character \(before + 1) of the JSON text")
    }
}

/// Recurses once for each level: values are at most as deep as JSON texts and YAML files may be.
private struct ExpressionJSONWriter {
    let bytesMax: Int
    private(set) var bytes: [UInt8] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func write(_ value: ExpressionValue, indent: Int) throws(EvaluationFault) {
        switch value {
        case .null: try append("null")
        case .bool, .number: try append(value.text)
        case .string(let text): try string(text)
        case .array(let array): try write(array, indent: indent)
        case .object(let object): try write(object, indent: indent)
        }
    }

    private mutating func write(_ array: ExpressionArray, indent: Int) throws(EvaluationFault) {
        guard !array.items.isEmpty else { return try append("[]") }
        for (index, item) in array.items.enumerated() {
            try append(index == 0 ? "[" : ",")
            try line(indent + 1)
            try write(item, indent: indent + 1)
        }
        try line(indent)
        try append("]")
    }

    private mutating func write(_ object: ExpressionObject, indent: Int) throws(EvaluationFault) {
        guard !object.pairs.isEmpty else { return try append("{}") }
        for (index, pair) in object.pairs.enumerated() {
            try append(index == 0 ? "{" : ",")
            try line(indent + 1)
            try string(pair.key)
            try append(": ")
            try write(pair.value, indent: indent + 1)
        }
        try line(indent)
        try append("}")
    }

    private mutating func line(_ indent: Int) throws(EvaluationFault) {
        try append("\n" + String(repeating: "  ", count: indent))
    }

    private mutating func string(_ text: String) throws(EvaluationFault) {
        try append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): try append("\\\"")
            case UInt8(ascii: "\\"): try append("\\\\")
            case 0x08: try append("\\b")
            case 0x09: try append("\\t")
            case 0x0A: try append("\\n")
            case 0x0C: try append("\\f")
            case 0x0D: try append("\\r")
            case ..<0x20: try append("\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))")
            default: bytes.append(byte)
            }
        }
        try append("\"")
    }

    private mutating func append(_ text: String) throws(EvaluationFault) {
        bytes.append(contentsOf: text.utf8)
        guard bytes.count <= bytesMax else { throw .tooLarge }
    }
}
