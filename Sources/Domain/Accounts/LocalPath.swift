/// Bytes of an address that a log-in goes on to.
public let localPathBytesMax = 2048

/// A path of this server, as a page may be told to go on to; nil for everything that a browser could take for another
/// site's address: `//host`, `/\host`, a scheme, or what becomes one of them once a browser has left out line breaks.
public func localPath(_ text: String?) -> String? {
    guard let text, text.utf8.count <= localPathBytesMax, text.utf8.first == UInt8(ascii: "/") else { return nil }
    let second = text.utf8.dropFirst().first
    guard second != UInt8(ascii: "/"),
        // Visible ASCII alone: addresses have no other characters.
        text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
    else { return nil }
    return text
}
