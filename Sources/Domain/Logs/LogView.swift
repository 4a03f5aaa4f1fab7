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
    /// The same with its looks.
    public let spans: [LogSpan]

    /// Bytes of a line that a page shows; the download has all of it.
    public static let shownBytesMax = 2_000

    /// - Parameter line: without its newline.
    public init(line: ArraySlice<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        time = parts.count > 1 ? String(decoding: parts[0], as: UTF8.self) : ""
        let spans = asTerminalShows(parts.last ?? [])
        let content = Array(spans.map(\.text).joined().utf8)
        let (kind, rest) = marked(content)
        self.kind = kind
        var end = rest.endIndex
        if rest.count > Self.shownBytesMax {
            end = rest.startIndex + Self.shownBytesMax
            while end > rest.startIndex, rest[end] & 0xC0 == 0x80 { end -= 1 }
        }
        self.spans = Self.cut(spans, to: rest.startIndex..<end, isCut: end < rest.endIndex)
        text = self.spans.map(\.text).joined()
    }

    /// - Parameter bytes: of all of them together.
    private static func cut(_ spans: [LogSpan], to bytes: Range<Int>, isCut: Bool) -> [LogSpan] {
        var at = 0
        var kept: [LogSpan] = []
        for span in spans {
            let range = at..<(at + span.text.utf8.count)
            at = range.upperBound
            let part = range.clamped(to: bytes)
            guard !part.isEmpty else { continue }
            let text =
                part == range
                ? span.text
                : String(
                    decoding: Array(span.text.utf8)[
                        (part.lowerBound - range.lowerBound)..<(part.upperBound - range.lowerBound)],
                    as: UTF8.self)
            kept.append(LogSpan(text: text, classes: span.classes))
        }
        if isCut { kept.append(LogSpan(text: " …", classes: "")) }
        return kept
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

private func asTerminalShows(_ content: ArraySlice<UInt8>) -> [LogSpan] {
    let text = String(decoding: content, as: UTF8.self)
    // 0xC2, 0xD8 and 0xE2 begin what turns a text around, and much else.
    let isPlain = !content.contains {
        $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7F || $0 == 0xC2 || $0 == 0xD8 || $0 == 0xE2
    }
    guard isPlain else { return lineOnTerminal(text).spans() }
    return text.isEmpty ? [] : [LogSpan(text: text, classes: "")]
}

/// `error:`, `Fatal [`, `Exception(` and the like, each a word of its own.
private func saysError(_ text: String) -> Bool {
    let bytes = text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
    let words = ["error", "fatal", "panic", "failed", "exception"].map { Array($0.utf8) }
    for at in bytes.indices {
        guard at == 0 || !((97...122).contains(bytes[at - 1]) || bytes[at - 1] == UInt8(ascii: "_")) else { continue }
        for word in words where bytes[at...].starts(with: word) {
            let rest = bytes[(at + word.count)...]
            let next = rest.first == UInt8(ascii: " ") ? rest.dropFirst().first : rest.first
            if let next, [UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "(")].contains(next) { return true }
        }
    }
    return false
}

/// The row of a failed step that a person looks for: the first that its runner marked as an error, else the first that says so, else
/// the last that says anything.
///
/// - Parameter lines: of the step, in order; what is not handed over is not found.
public func firstError(among lines: some Sequence<LogView>) -> Int? {
    var said: Int?
    var last: Int?
    for (at, line) in lines.enumerated() {
        if line.kind == .error { return at }
        guard !line.text.isEmpty else { continue }
        last = at
        if said == nil, saysError(line.text) { said = at }
    }
    return said ?? last
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
