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

private func asTerminalShows(_ content: ArraySlice<UInt8>) -> [UInt8] {
    guard content.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7F }) else {
        return Array(content)
    }
    return Array(String(lineOnTerminal(String(decoding: content, as: UTF8.self)).scalars()).utf8)
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
