/// The value of Content-Disposition that saves a body under this name (RFC 6266): a plain name for all, and the exact
/// one, encoded, for those who know `filename*`.
///
/// The plain one has only characters that need no quoting: the actions toolkit runs `decodeURIComponent` over it and
/// fails at a literal `%` (artifacts.md 3.6).
func attachmentDisposition(_ name: String) -> String {
    let plain = String(
        name.unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_. ()".unicodeScalars.contains(scalar))
                ? Character(scalar) : "_"
        })
    guard plain != name else { return "attachment; filename=\"\(plain)\"" }
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(percentEncoded(name))"
}

/// RFC 3986: all but its unreserved characters, so that the text can stand in a path, a query or a header.
func percentEncoded(_ text: String) -> String {
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
