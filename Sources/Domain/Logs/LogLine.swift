/// Bytes of a line's time, `2006-01-02T15:04:05.0000000Z`.
public let logTimeBytes = 28

/// Rows as they are stored, one line each, with the end of every line: any part of them can be taken.
///
/// Bytes are copied, not characters: a request may carry a gigabyte of them.
public struct LogText: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Rows that may be annotations, the first `candidatesMax` of them: looked at while their bytes are at hand.
    public private(set) var candidates: [Int] = []
    static let candidatesMax = 1_000
    /// The time up to its second, and that second: neighbours share it.
    private var clock: (second: Int64, text: [UInt8])?

    public init() {}

    public var count: Int { ends.count }

    /// UTC time with seven fraction digits, a space, the content, a newline (runner.md 5.2). What is no UTF-8 is repaired.
    ///
    /// - Parameter content: cut at `LogLimits.rowBytesMax`; more than one byte beyond that need not be handed over.
    public mutating func append(seconds: Int64, nanoseconds: Int32, content: UnsafeRawBufferPointer) {
        let kept = content[..<cutEnd(content)]
        if mayAnnotate(content), candidates.count < Self.candidatesMax { candidates.append(ends.count) }
        appendTime(seconds, nanoseconds)
        bytes.append(UInt8(ascii: " "))
        if Self.isPlain(UnsafeRawBufferPointer(rebasing: kept)) {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: kept))
        } else {
            Array(String(decoding: kept, as: UTF8.self).utf8).withUnsafeBytes { text in
                for byte in text[..<cutEnd(text)] {
                    if byte == UInt8(ascii: "\n") {
                        bytes.append(UInt8(ascii: "\\"))
                        bytes.append(UInt8(ascii: "n"))
                    } else {
                        bytes.append(byte)
                    }
                }
            }
        }
        bytes.append(UInt8(ascii: "\n"))
        ends.append(bytes.count)
    }

    public mutating func append(seconds: Int64, nanoseconds: Int32, content: String) {
        var content = content
        content.withUTF8 { append(seconds: seconds, nanoseconds: nanoseconds, content: UnsafeRawBufferPointer($0)) }
    }

    /// Keeps the memory for the next rows.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        candidates.removeAll(keepingCapacity: true)
    }

    /// What candidates say, with the number of each one's row in this text; of each kind the first
    /// `AnnotationLimits.keptPerKindMax`.
    public var annotations: [PlacedAnnotation] {
        var counts: [Annotation.Kind: Int] = [:]
        return candidates.compactMap { row in
            let content = text(of: row..<(row + 1)).dropFirst(logTimeBytes + 1).dropLast()
            guard let annotation = Annotation(row: content),
                counts[annotation.kind, default: 0] < AnnotationLimits.keptPerKindMax
            else { return nil }
            counts[annotation.kind, default: 0] += 1
            return PlacedAnnotation(annotation, row: Int64(row))
        }
    }

    public func text(of rows: Range<Int>) -> ArraySlice<UInt8> {
        bytes[start(rows.lowerBound)..<start(rows.upperBound)]
    }

    /// The end of as many of these rows as have no more bytes than this.
    public func rows(from rows: Range<Int>, fitting bytesMax: Int64) -> Int {
        let first = start(rows.lowerBound)
        var end = rows.upperBound
        while end > rows.lowerBound, Int64(start(end) - first) > bytesMax { end -= 1 }
        return end
    }

    private func start(_ row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }

    /// Never between the bytes of one character: those after its first are 10xxxxxx.
    private func cutEnd(_ content: UnsafeRawBufferPointer) -> Int {
        var end = min(content.count, LogLimits.rowBytesMax)
        guard end < content.count else { return end }
        while end > 0, content[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    /// ASCII without a newline: nearly every row. Eight bytes at a time.
    private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at + 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            // A byte that is a newline becomes 0 here, and of 0 alone does subtracting 1 set the high bit.
            let newline = word ^ 0x0A0A_0A0A_0A0A_0A0A
            guard word & 0x8080_8080_8080_8080 == 0, (newline &- 0x0101_0101_0101_0101) & 0x8080_8080_8080_8080 == 0
            else { return false }
            at += 8
        }
        while at < text.count {
            guard text[at] < 0x80, text[at] != UInt8(ascii: "\n") else { return false }
            at += 1
        }
        return true
    }

    private mutating func appendTime(_ seconds: Int64, _ nanoseconds: Int32) {
        if clock?.second != seconds {
            clock = (seconds, Array(logTime(seconds: seconds, nanoseconds: 0).utf8.prefix(logSecondBytes)))
        }
        if let clock { bytes.append(contentsOf: clock.text) }
        var rest = max(0, min(nanoseconds, 999_999_999)) / 100
        var digits: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            for place in (0..<7).reversed() {
                digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(digits))
        }
        bytes.append(UInt8(ascii: "Z"))
    }
}

/// Bytes of a line's time up to the point before its fraction.
private let logSecondBytes = 20

/// `2006-01-02T15:04:05.0000000Z` of a Unix time. Years outside 0000–9999 are pulled to the nearest end.
public func logTime(seconds: Int64, nanoseconds: Int32) -> String {
    let clamped = min(max(seconds, -62_167_219_200), 253_402_300_799)
    let days = Int64((Double(clamped) / 86_400).rounded(.down))
    let rest = clamped - days * 86_400
    let (year, month, day) = civil(daysSince1970: days)
    var text: [UInt8] = []
    text.reserveCapacity(logTimeBytes)
    func add(_ number: Int64, digits: Int, then mark: Unicode.Scalar) {
        var unit: Int64 = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
        text.append(UInt8(ascii: mark))
    }
    add(year, digits: 4, then: "-")
    add(month, digits: 2, then: "-")
    add(day, digits: 2, then: "T")
    add(rest / 3600, digits: 2, then: ":")
    add(rest / 60 % 60, digits: 2, then: ":")
    add(rest % 60, digits: 2, then: ".")
    add(Int64(max(0, min(nanoseconds, 999_999_999))) / 100, digits: 7, then: "Z")
    return String(decoding: text, as: UTF8.self)
}

/// The proleptic Gregorian date of a day number, by the well-known era arithmetic.
private func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}
