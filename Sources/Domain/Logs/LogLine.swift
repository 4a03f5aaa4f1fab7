/// One stored line: UTC time with seven fraction digits, a space, the content, a newline (runner.md 5.2).
public func appendLogLine(seconds: Int64, nanoseconds: Int32, content: String, to bytes: inout [UInt8]) {
    bytes += logTime(seconds: seconds, nanoseconds: nanoseconds).utf8
    bytes.append(UInt8(ascii: " "))
    var taken = 0
    for scalar in content.unicodeScalars {
        let width = UTF8.width(scalar)
        guard taken + width <= LogLimits.rowBytesMax else { break }
        taken += width
        if scalar == "\n" { bytes += Array("\\n".utf8) } else { bytes += UTF8.encode(scalar).map { Array($0) } ?? [] }
    }
    bytes.append(UInt8(ascii: "\n"))
}

/// `2006-01-02T15:04:05.0000000Z` of a Unix time. Years outside 0000–9999 are pulled to the nearest end.
public func logTime(seconds: Int64, nanoseconds: Int32) -> String {
    let clamped = min(max(seconds, -62_167_219_200), 253_402_300_799)
    let days = Int64((Double(clamped) / 86_400).rounded(.down))
    let rest = clamped - days * 86_400
    let (year, month, day) = civil(daysSince1970: days)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let fraction = padded(Int64(max(0, min(nanoseconds, 999_999_999))) / 100, 7)
    let clock = "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
    return "\(padded(year, 4))-\(two(month))-\(two(day))T\(clock).\(fraction)Z"
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
