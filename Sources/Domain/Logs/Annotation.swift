/// What a job says of its code: `::error file=a.c,line=3::words`, and `warning` and `notice` likewise.
public struct Annotation: Equatable, Sendable {
    public enum Kind: Int64, Equatable, Sendable, CaseIterable {
        case error = 1
        case warning, notice

        public var word: String {
            switch self {
            case .error: "error"
            case .warning: "warning"
            case .notice: "notice"
            }
        }
    }
    public let kind: Kind
    public let title: String
    public let file: String
    /// 0: of the file as a whole, or of no file.
    public let line: Int64
    public let column: Int64
    public let message: String

    public init(
        _ kind: Kind, _ message: String, title: String = "", file: String = "", line: Int64 = 0, column: Int64 = 0
    ) {
        self.kind = kind
        self.message = message
        self.title = title
        self.file = file
        self.line = line
        self.column = column
    }
}

public enum AnnotationLimits {
    /// Annotations that are kept of one kind of one task. Which step a row is of is known later, so that the shares below are
    /// dealt out when they are shown.
    public static let keptPerKindMax = 100
    /// Shown of one kind of one step, and of one job, as on GitHub.
    public static let perStepMax = 10
    public static let perJobMax = 50
    /// Shown on one page.
    public static let pageMax = 200
    /// Bytes of a message, of a file's path or a title, each cut; GitHub cuts at 64 KiB, which no page shows.
    public static let messageBytesMax = 1_000
    public static let nameBytesMax = 300
    /// Bytes of a row that are looked at.
    static let rowBytesMax = 16_384
    /// Space before the marker.
    static let indentMax = 32
}

/// Whether a row may be an annotation: one look at nearly every row of a log, so two bytes decide.
func mayAnnotate(_ content: UnsafeRawBufferPointer) -> Bool {
    var at = 0
    while at < content.count, at < AnnotationLimits.indentMax,
        content[at] == UInt8(ascii: " ") || content[at] == UInt8(ascii: "\t")
    {
        at += 1
    }
    guard at + 4 < content.count else { return false }
    return content[at] == UInt8(ascii: ":") && content[at + 1] == UInt8(ascii: ":")
        || content[at] == UInt8(ascii: "#") && content[at + 1] == UInt8(ascii: "#")
            && content[at + 2] == UInt8(ascii: "[")
}

extension Annotation {
    /// What a row of a log says; nil for any other row.
    ///
    /// - Parameter row: without its time.
    /// - Source: actions/runner ActionCommand; actions/toolkit command.ts for the percent signs.
    public init?(row: some Collection<UInt8>) {
        let cut = Array(row.prefix(AnnotationLimits.rowBytesMax))
        let text = cut.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        if text.starts(with: "##[".utf8) {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")),
                let head = Head(text[(text.startIndex + 3)..<end])
            else { return nil }
            self.init(head, text[(end + 1)...])
        } else if text.starts(with: "::".utf8) {
            let start = text.startIndex + 2
            var end = start
            while end + 1 < text.endIndex, text[end] != UInt8(ascii: ":") || text[end + 1] != UInt8(ascii: ":") {
                end += 1
            }
            guard end + 1 < text.endIndex, let head = Head(text[start..<end]) else { return nil }
            self.init(head, text[(end + 2)...])
        } else {
            return nil
        }
    }

    private init(_ head: Head, _ message: ArraySlice<UInt8>) {
        func name(_ key: String) -> String { shortened(head.values[key] ?? [], AnnotationLimits.nameBytesMax) }
        func number(_ key: String) -> Int64 {
            let value = Int64(String(decoding: head.values[key] ?? [], as: UTF8.self)) ?? 0
            return max(0, min(value, 1_000_000_000))
        }
        self.init(
            head.kind, shortened(decoded(message, isProperty: false), AnnotationLimits.messageBytesMax),
            title: name("title"), file: name("file"), line: number("line"), column: number("col"))
    }
}

/// `error file=a,line=3`: the kind and the properties.
private struct Head {
    let kind: Annotation.Kind
    var values: [String: [UInt8]] = [:]

    init?(_ text: ArraySlice<UInt8>) {
        let word = text.prefix { $0 != UInt8(ascii: " ") }
        let name = String(decoding: word, as: UTF8.self).lowercased()
        guard let kind = Annotation.Kind.allCases.first(where: { $0.word == name }) else { return nil }
        self.kind = kind
        for pair in text[word.endIndex...].split(separator: UInt8(ascii: ",")) {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            let key = String(decoding: sides[0].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self).lowercased()
            if values[key] == nil { values[key] = decoded(sides[1], isProperty: true) }
        }
    }
}

/// `%25`, `%0D` and `%0A`, and in properties `%3A` and `%2C`: what the toolkit writes so.
private func decoded(_ text: ArraySlice<UInt8>, isProperty: Bool) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var at = text.startIndex
    while at < text.endIndex {
        if text[at] == UInt8(ascii: "%"), at + 2 < text.endIndex {
            let byte: UInt8? =
                switch (text[at + 1], text[at + 2] | 0x20) {
                case (UInt8(ascii: "2"), UInt8(ascii: "5") | 0x20): UInt8(ascii: "%")
                case (UInt8(ascii: "0"), UInt8(ascii: "d")): UInt8(ascii: "\r")
                case (UInt8(ascii: "0"), UInt8(ascii: "a")): UInt8(ascii: "\n")
                case (UInt8(ascii: "3"), UInt8(ascii: "a")) where isProperty: UInt8(ascii: ":")
                case (UInt8(ascii: "2"), UInt8(ascii: "c")) where isProperty: UInt8(ascii: ",")
                default: nil
                }
            if let byte {
                out.append(byte)
                at += 3
                continue
            }
        }
        out.append(text[at])
        at += 1
    }
    return out
}

/// Never in the middle of a character.
private func shortened(_ bytes: [UInt8], _ most: Int) -> String {
    // PostgreSQL takes NUL in no text.
    let bytes = bytes.map { $0 == 0 ? UInt8(ascii: "?") : $0 }
    guard bytes.count > most else { return String(decoding: bytes, as: UTF8.self) }
    var end = most
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self) + "…"
}

/// An annotation with its row in the log of its job.
public struct PlacedAnnotation: Equatable, Sendable {
    public let annotation: Annotation
    public let row: Int64

    public init(_ annotation: Annotation, row: Int64) {
        self.annotation = annotation
        self.row = row
    }
}

/// Which annotations of one job a page shows: of each step and kind the first, errors before warnings before notices.
///
/// - Parameters:
///   - rows: of the steps; a row that is in none counts as of one more.
public func shownAnnotations(_ all: [PlacedAnnotation], steps rows: [Range<Int64>]) -> [PlacedAnnotation] {
    var counts: [Int: [Annotation.Kind: Int]] = [:]
    let kept = all.sorted { $0.row < $1.row }.filter { placed in
        let step = rows.firstIndex { $0.contains(placed.row) } ?? -1
        counts[step, default: [:]][placed.annotation.kind, default: 0] += 1
        return counts[step]?[placed.annotation.kind] ?? 0 <= AnnotationLimits.perStepMax
    }
    let sorted = kept.sorted { ($0.annotation.kind.rawValue, $0.row) < ($1.annotation.kind.rawValue, $1.row) }
    return Array(sorted.prefix(AnnotationLimits.perJobMax))
}
