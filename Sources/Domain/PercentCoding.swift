/// RFC 3986: all but its unreserved characters, so that the text can stand in a path, a query or a header.
public func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte -> String in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            return String(UnicodeScalar(byte))
        default:
            let hex = String(byte, radix: 16, uppercase: true)
            return "%\(hex.count < 2 ? "0" : "")\(hex)"
        }
    }.joined()
}

/// %XX to bytes, read as UTF-8 (malformed sequences become U+FFFD, a malformed % stays).
public func percentDecoded(_ text: Substring, plusIsSpace: Bool) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
        if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
            let high = hexValue(bytes[at + 1]), let low = hexValue(bytes[at + 2])
        {
            out.append(high << 4 | low)
            at += 3
        } else {
            out.append(plusIsSpace && bytes[at] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[at])
            at += 1
        }
    }
    return String(decoding: out, as: UTF8.self)
}
