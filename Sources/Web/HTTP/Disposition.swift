import Domain

/// The value of Content-Disposition that saves a body under this name (RFC 6266): a plain name for all, and the exact
/// one, encoded, for those who know `filename*`.
///
/// The plain one has only characters that need no quoting: the actions toolkit runs `decodeURIComponent` over it and
/// fails at a literal `%` (artifacts.md 3.6).
package func attachmentDisposition(_ name: String) -> String {
    let plain = String(
        name.unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_. ()".unicodeScalars.contains(scalar))
                ? Character(scalar) : "_"
        })
    guard plain != name else { return "attachment; filename=\"\(plain)\"" }
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(percentEncoded(name))"
}
