/// A stored line as a page shows it: what a terminal would, and what a marker at its beginning makes of it.
public struct LogView: Equatable, Sendable {
    /// What the runner's commands say of a line: `::group::`, `##[error]` and the like.
    public enum Kind: String, Equatable, Sendable {
        case plain, group, endgroup, error, warning, notice, debug, command, section
    }
    public let time: String
    public let kind: Kind
    /// Without its marker.
    public let text: String

    /// Bytes of a line that a page shows; the download has all of it.
    public static let shownBytesMax = 2_000

    /// - Parameter line: without its newline.
    public init(line: ArraySlice<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        time = parts.count > 1 ? String(decoding: parts[0], as: UTF8.self) : ""
        let content = asTerminalShows(parts.last ?? [])
        let (kind, rest) = marked(content)
        self.kind = kind
        guard rest.count > Self.shownBytesMax else {
            text = String(decoding: rest, as: UTF8.self)
            return
        }
        var end = rest.startIndex + Self.shownBytesMax
        while end > rest.startIndex, rest[end] & 0xC0 == 0x80 { end -= 1 }
        text = String(decoding: rest[..<end], as: UTF8.self) + " …"
    }
}

/// `##[name]rest` and `::name key=value::rest`; other text is plain.
private func marked(_ content: [UInt8]) -> (LogView.Kind, ArraySlice<UInt8>) {
    func kind(_ name: ArraySlice<UInt8>) -> LogView.Kind? {
        let name = String(decoding: name, as: UTF8.self).lowercased()
        return name == "plain" ? nil : LogView.Kind(rawValue: name)
    }
    if content.starts(with: "##[".utf8), let end = content.firstIndex(of: UInt8(ascii: "]")),
        let kind = kind(content[3..<end])
    {
        return (kind, content[(end + 1)...])
    }
    if content.starts(with: "::".utf8) {
        var end = 2
        while end + 1 < content.count, content[end] != UInt8(ascii: ":") || content[end + 1] != UInt8(ascii: ":") {
            end += 1
        }
        let name = content[2..<min(end, content.count)].prefix { $0 != UInt8(ascii: " ") }
        if end + 1 < content.count, let kind = kind(name) { return (kind, content[(end + 2)...]) }
    }
    return (.plain, content[...])
}

/// What stands on a terminal's line when all of this was written to it: a carriage return goes back to its beginning and what
/// follows is written over what was there (progress bars); ESC [ K and ESC [ 2 K wipe. Colours and titles are left out.
private func asTerminalShows(_ content: ArraySlice<UInt8>) -> [UInt8] {
    guard content.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7F }) else {
        return Array(content)
    }
    var line: [Unicode.Scalar] = []
    var cursor = 0
    var scalars = String(decoding: content, as: UTF8.self).unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
        switch scalar {
        case "\r": cursor = 0
        case "\u{8}": cursor = max(0, cursor - 1)
        case "\u{1B}":
            switch scalars.next() {
            case "[":
                var parameters = ""
                var final: Unicode.Scalar?
                while let next = scalars.next() {
                    if (0x40...0x7E).contains(next.value) {
                        final = next
                        break
                    }
                    parameters.unicodeScalars.append(next)
                }
                guard final == "K" else { continue }
                switch parameters {
                case "", "0": line.removeLast(line.count - min(cursor, line.count))
                case "1": for at in 0..<min(cursor + 1, line.count) { line[at] = " " }
                case "2": line.removeAll()
                default: break
                }
            case "]":
                // A title or a link, up to BEL or ESC \.
                while let next = scalars.next(), next != "\u{7}" {
                    if next == "\u{1B}" {
                        _ = scalars.next()
                        break
                    }
                }
            default: break
            }
        case _ where scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F: break
        default:
            while line.count < cursor { line.append(" ") }
            if cursor < line.count { line[cursor] = scalar } else { line.append(scalar) }
            cursor += 1
        }
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: line)
    return Array(String(text).utf8)
}

/// How the steps of a job are shown. The step that a cancel killed is reported as failed by its runner; it did not fail.
///
/// - Parameter statuses: in the order of the steps. In a cancelled job, the last failed one is the one that was killed:
///   none after it began but for cleaning up.
public func shownStatuses(ofSteps statuses: [Status], job: Status) -> [Status] {
    guard job == .cancelled || job == .cancelling, let killed = statuses.lastIndex(of: .failure) else {
        return statuses
    }
    var shown = statuses
    shown[killed] = .cancelled
    return shown
}
