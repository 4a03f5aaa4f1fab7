public enum LogRangeLimits {
    /// Rows of one answer by range.
    public static let linesMax: Int64 = 10_000
    public static let linesDefault: Int64 = 1_000
    /// Bytes of one answer by range. It ends sooner then, at a whole row, and says where to go on.
    public static let bytesMax = 8 * 1024 * 1024
}

/// Which rows of a log a reader asks for.
public enum LogRange: Equatable, Sendable {
    case whole
    case from(Int64, lines: Int64)
    case tail(Int64)

    public enum Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        case number(name: String, value: String, least: Int64, most: Int64)
        case tailWithFrom

        public var description: String {
            switch self {
            case .number(let name, let value, let least, let most) where most == .max:
                "\(name) is \"\(value)\"; it must be a whole number, at least \(least)"
            case .number(let name, let value, let least, let most):
                "\(name) is \"\(value)\"; it must be a whole number from \(least) to \(most)"
            case .tailWithFrom: "tail cannot be combined with from or lines; choose one"
            }
        }
    }

    /// Reads `from`, `lines` and `tail` of a query; nil is a parameter that was not given.
    public init(from: String?, lines: String?, tail: String?) throws(Invalid) {
        func number(_ name: String, _ value: String, _ least: Int64, _ most: Int64) throws(Invalid) -> Int64 {
            guard let number = Int64(value), (least...most).contains(number) else {
                throw .number(name: name, value: value, least: least, most: most)
            }
            return number
        }
        if let tail {
            guard from == nil, lines == nil else { throw .tailWithFrom }
            self = .tail(try number("tail", tail, 1, LogRangeLimits.linesMax))
        } else if from != nil || lines != nil {
            self = .from(
                try number("from", from ?? "0", 0, .max),
                lines: try number("lines", lines ?? "\(LogRangeLimits.linesDefault)", 1, LogRangeLimits.linesMax))
        } else {
            self = .whole
        }
    }

    /// The rows of this range that exist.
    public func rows(stored: Int64) -> Range<Int64> {
        switch self {
        case .whole: return 0..<stored
        case .tail(let count): return max(0, stored - count)..<stored
        case .from(let from, let lines):
            let start = min(from, stored)
            return start..<(start + min(lines, stored - start))
        }
    }
}

/// The lines of `rows` out of whole lines that begin with row `firstRow`.
public func clip(_ text: ArraySlice<UInt8>, firstRow: Int64, to rows: Range<Int64>) -> ArraySlice<UInt8> {
    func skip(_ count: Int64, from start: Int) -> Int {
        var at = start
        var left = count
        while left > 0, let newline = text[at...].firstIndex(of: UInt8(ascii: "\n")) {
            at = newline + 1
            left -= 1
        }
        return left > 0 ? text.endIndex : at
    }
    let start = skip(max(0, rows.lowerBound - firstRow), from: text.startIndex)
    let end = skip(rows.upperBound - max(firstRow, rows.lowerBound), from: start)
    return text[start..<end]
}

/// The first lines of `text` that are within `bytesMax` together, and one at least.
public func leadingLines(_ text: ArraySlice<UInt8>, bytesMax: Int) -> ArraySlice<UInt8> {
    guard text.count > bytesMax else { return text }
    let newline = UInt8(ascii: "\n")
    let limit = text.startIndex + bytesMax
    if let last = text[..<limit].lastIndex(of: newline) { return text[...last] }
    return text[limit...].firstIndex(of: newline).map { text[...$0] } ?? text
}

/// The last lines of `text` that are within `bytesMax` together, and one at least.
public func trailingLines(_ text: ArraySlice<UInt8>, bytesMax: Int) -> ArraySlice<UInt8> {
    guard text.count > bytesMax else { return text }
    let newline = UInt8(ascii: "\n")
    // The newline at the very end ends the last line; the one before a line begins it.
    let limit = text.endIndex - bytesMax
    if let before = text[(limit - 1)..<(text.endIndex - 1)].firstIndex(of: newline) { return text[(before + 1)...] }
    return text[..<(text.endIndex - 1)].lastIndex(of: newline).map { text[($0 + 1)...] } ?? text
}

public func lineCount(_ text: some Sequence<UInt8>) -> Int64 {
    text.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
}
