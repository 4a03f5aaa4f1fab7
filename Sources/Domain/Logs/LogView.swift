/// A stored line as a page shows it.
public struct LogView: Equatable, Sendable {
    public let time: String
    public let text: String

    /// Bytes of a line that a page shows; the download has all of it.
    public static let shownBytesMax = 2_000

    /// - Parameter line: without its newline.
    public init(line: ArraySlice<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        time = parts.count > 1 ? String(decoding: parts[0], as: UTF8.self) : ""
        let content = withoutControlSequences(parts.last ?? [])
        guard content.count > Self.shownBytesMax else {
            text = String(decoding: content, as: UTF8.self)
            return
        }
        var end = Self.shownBytesMax
        while end > 0, content[end] & 0xC0 == 0x80 { end -= 1 }
        text = String(decoding: content[..<end], as: UTF8.self) + " …"
    }
}

/// The text without what only a terminal understands: ESC [ … letter (colours, cursor), and other control characters
/// but the tab.
private func withoutControlSequences(_ content: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(content.count)
    var at = content.startIndex
    while at < content.endIndex {
        let byte = content[at]
        at += 1
        if byte == 0x1B, at < content.endIndex, content[at] == UInt8(ascii: "[") {
            at += 1
            while at < content.endIndex, !(0x40...0x7E).contains(content[at]) { at += 1 }
            at += 1
        } else if byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") {
            out.append(byte)
        }
    }
    return out
}
