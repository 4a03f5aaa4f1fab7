/// The one writer of JSON text: compact, in the order it is told, non-ASCII raw, `/` not escaped.
///
/// Runners read payloads of it as YAML (workflows.md 15): quoted strings cannot be taken for other types there, and no
/// indentation can go wrong. What YAML takes for a line break or refuses (C1 controls, U+2028, U+FEFF …) is escaped. Types that are answers are written by ``jsonText(_:)``.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    public mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }
    public mutating func array(_ body: (inout JSONWriter) -> Void) { nest("[", "]", body) }

    private mutating func nest(_ open: String, _ close: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        raw(open)
        needsComma = false
        body(&self)
        raw(close)
        needsComma = true
    }

    public mutating func key(_ key: String) {
        string(key)
        raw(":")
        needsComma = false
    }

    /// A key with its value, written before.
    public mutating func member(_ bytes: [UInt8]) {
        separate()
        self.bytes.append(contentsOf: bytes)
        needsComma = true
    }

    public mutating func string(_ text: String) {
        separate()
        raw("\"")
        var text = text
        text.withUTF8 { all in
            var at = 0
            while at < all.count {
                let byte = all[at]
                if byte >= 0xC2, let (escape, length) = yamlEscape(all, at) {
                    raw(escape)
                    at += length
                    continue
                }
                at += 1
                escaped(byte)
            }
        }
        raw("\"")
        needsComma = true
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x09: raw("\\t")
        case 0x0D: raw("\\r")
        case 0..<0x20, 0x7F: raw("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }

    public mutating func literal(_ text: String) {
        separate()
        raw(text)
        needsComma = true
    }

    /// Of a character that JSON allows and YAML does not, with its length.
    private func yamlEscape(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> (String, Int)? {
        let second = at + 1 < text.count ? text[at + 1] : 0
        let third = at + 2 < text.count ? text[at + 2] : 0
        switch (text[at], second, third) {
        case (0xC2, 0x80...0x9F, _): return ("\\u00" + String(second, radix: 16), 2)
        case (0xE2, 0x80, 0xA8...0xA9): return ("\\u20" + String(third - 0x80, radix: 16), 3)
        case (0xEF, 0xBB, 0xBF): return ("\\ufeff", 3)
        case (0xEF, 0xBF, 0xBE...0xBF): return (third == 0xBE ? "\\ufffe" : "\\uffff", 3)
        default: return nil
        }
    }

    private mutating func separate() { if needsComma { raw(",") } }
    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

/// `10`, not `10.0`. What JSON cannot say is written as YAML says it, which the runner's reader takes.
func jsonNumber(_ number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    if let whole = Int64(exactly: number) { return String(whole) }
    return "\(number)"
}
