import Domain
import Mustache

/// HTML's five characters, escaped byte by byte.
///
/// swift-mustache's own goes by Swift's characters: a quotation mark with a combining mark behind it is one of them, which
/// is not in its table and goes out as it is.
///
/// What changes the direction of text, or hides, is spelled out, so that no name is shown as another one.
struct EscapedHTML: MustacheContentType {
    func escapeText(_ text: String) -> String { EscapedAttribute().escapeText(harmlessOnPage(text)) }
}

/// HTML's five characters alone: for what programs read, the value of a field and the address of a link. A field that is sent
/// again has what it had.
struct EscapedAttribute: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): out += "&amp;".utf8
            case UInt8(ascii: "<"): out += "&lt;".utf8
            case UInt8(ascii: ">"): out += "&gt;".utf8
            case UInt8(ascii: "\""): out += "&quot;".utf8
            case UInt8(ascii: "'"): out += "&#39;".utf8
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
