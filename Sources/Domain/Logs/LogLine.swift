/// Bytes of a line's time, `2006-01-02T15:04:05.0000000Z`.
public let logTimeBytes = 28

/// One stored line: UTC time with seven fraction digits, a space, the content, a newline (runner.md 5.2).
///
/// Bytes are copied, not characters: a request may carry 16 MiB of them.
public func appendLogLine(seconds: Int64, nanoseconds: Int32, content: String, to bytes: inout [UInt8]) {
    bytes += logTime(seconds: seconds, nanoseconds: nanoseconds).utf8
    bytes.append(UInt8(ascii: " "))
    var content = content
    content.withUTF8 { text in
        var end = min(text.count, LogLimits.rowBytesMax)
        // Never between the bytes of one character: those after its first are 10xxxxxx.
        if end < text.count { while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 } }
        var start = 0
        while let newline = text[start..<end].firstIndex(of: UInt8(ascii: "\n")) {
            bytes += text[start..<newline]
            bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            start = newline + 1
        }
        bytes += text[start..<end]
    }
    bytes.append(UInt8(ascii: "\n"))
}

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
