/// What of a summary is rendered as Markdown. Reading Markdown may cost the square of its size, and anybody may write one: what is
/// larger, or nested deeper, than a person would write is shown as the text that it is.
public enum SummaryShape {
    /// Bytes of one step's summary.
    public static let bytesMax = 64 * 1024
    public static let linesMax = 2_000
    /// Cells of a row: a row that is too short is filled up to its table's width.
    public static let cellsMax = 64
    /// Quotes and lists within each other at the beginning of a line.
    public static let nestingMax = 16
    /// Bytes of one line: what stands in a paragraph is looked at from each of its marks on.
    public static let lineBytesMax = 16 * 1024
    /// Milliseconds of one page's summaries; what is left then is shown as text.
    public static let pageMilliseconds: Int64 = 250
    /// Lines above which a summary is folded.
    public static let foldedLines = 20

    public static func lineCount(_ text: some Collection<UInt8>) -> Int {
        text.reduce(into: 1) { if $1 == UInt8(ascii: "\n") { $0 += 1 } }
    }

    public static func isRendered(_ text: some Collection<UInt8>) -> Bool {
        guard text.count <= bytesMax else { return false }
        var (lines, bytes, cells, marks) = (1, 0, 0, 0)
        var isAtStart = true
        for byte in text {
            if byte == UInt8(ascii: "\n") {
                lines += 1
                (bytes, cells, marks, isAtStart) = (0, 0, 0, true)
                guard lines <= linesMax else { return false }
                continue
            }
            bytes += 1
            switch byte {
            case UInt8(ascii: "|"):
                cells += 1
                isAtStart = false
            case UInt8(ascii: ">"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "."),
                UInt8(ascii: ")"):
                if isAtStart { marks += 1 }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
            default: isAtStart = false
            }
            // A rule of many dashes, or a row of stars, is no nesting.
            let isNested = marks > nestingMax && !isRule(marks, of: bytes)
            guard bytes <= lineBytesMax, cells <= cellsMax, !isNested else { return false }
        }
        return true
    }

    /// Marks without anything between them.
    private static func isRule(_ marks: Int, of bytes: Int) -> Bool { marks == bytes && marks <= 200 }
}
