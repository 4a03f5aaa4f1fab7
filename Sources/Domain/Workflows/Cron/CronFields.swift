/// The five fields of a cron line, each a set of numbers.
struct CronFields: Equatable, Sendable {
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    /// Both the day of the month and the day of the week are restricted: either may match (classic cron).
    private let eitherDay: Bool

    private struct Field {
        let name: String
        let range: ClosedRange<Int>
        var names: [String] = []
    }

    private static let fields = [
        Field(name: "minute", range: 0...59), Field(name: "hour", range: 0...23),
        Field(name: "day of the month", range: 1...31),
        Field(
            name: "month", range: 1...12,
            names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        Field(name: "day of the week", range: 0...6, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ]

    /// - Parameter words: five.
    init(_ words: [CronSchedule.Word]) throws(CronSchedule.Invalid) {
        var sets: [(bits: UInt64, isFree: Bool)] = []
        for (word, field) in zip(words, Self.fields) { sets.append(try Self.set(word, field)) }
        minutes = sets[0].bits
        hours = sets[1].bits
        days = sets[2].bits
        months = sets[3].bits
        weekdays = sets[4].bits
        eitherDay = !sets[2].isFree && !sets[4].isFree
    }

    /// A month it names has a day that it names; weekdays come in every month.
    var everFires: Bool {
        if eitherDay { return true }
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains { month in
            months & (1 << UInt64(month)) != 0 && (1...lengths[month - 1]).contains { days & (1 << UInt64($0)) != 0 }
        }
    }

    // MARK: reading

    private static func set(
        _ word: CronSchedule.Word, _ field: Field
    ) throws(CronSchedule.Invalid) -> (bits: UInt64, isFree: Bool) {
        var bits: UInt64 = 0
        var isFree = false
        var offset = word.offset
        for part in word.text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let text = String(decoding: part, as: UTF8.self)
            guard !text.isEmpty else {
                throw CronSchedule.Invalid("the \(field.name) has an empty part in its list", at: offset)
            }
            let (range, step, isStar) = try item(text, field, at: offset)
            for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                bits |= 1 << UInt64(number)
            }
            // A step restricts (robfig/cron).
            isFree = isFree || (isStar && step == 1)
            offset += text.unicodeScalars.count + 1
        }
        return (bits, isFree)
    }

    /// `*`, `5`, `1-5`, `*/2`, `1-9/2`, `5/10` (from 5 to the end).
    private static func item(
        _ text: String, _ field: Field, at offset: Int
    ) throws(CronSchedule.Invalid) -> (range: ClosedRange<Int>, step: Int, isStar: Bool) {
        let slash = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let dash = slash[0].utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard slash.count <= 2, dash.count <= 2 else {
            throw CronSchedule.Invalid(
                "the \(field.name) \"\(quoted(text))\" has more than one \"\(slash.count > 2 ? "/" : "-")\"", at: offset
            )
        }
        var step = 1
        if slash.count == 2 {
            let place = offset + slash[0].unicodeScalars.count + 1
            guard let number = digits(slash[1]), number > 0 else {
                throw CronSchedule.Invalid(
                    "the step \"\(quoted(slash[1]))\" of the \(field.name) is no number above 0", at: place)
            }
            step = number
        }
        if dash.count == 1, dash[0] == "*" || dash[0] == "?" { return (field.range, step, true) }
        let low = try number(dash[0], field, at: offset)
        if dash.count == 1 { return (low...(slash.count == 2 ? field.range.upperBound : low), step, false) }
        let high = try number(dash[1], field, at: offset + dash[0].unicodeScalars.count + 1)
        guard low <= high else {
            throw CronSchedule.Invalid(
                "the range \"\(quoted(slash[0]))\" of the \(field.name) begins behind its end", at: offset)
        }
        return (low...high, step, false)
    }

    private static func number(
        _ text: String, _ field: Field, at offset: Int
    ) throws(CronSchedule.Invalid) -> Int {
        let range = field.range
        if let place = field.names.firstIndex(where: { sameScalars($0, text.uppercased()) }) {
            return place + range.lowerBound
        }
        guard let number = digits(text) else {
            let names = field.names.isEmpty ? "" : " or a name such as \(field.names[1])"
            throw CronSchedule.Invalid("the \(field.name) \"\(quoted(text))\" is no number\(names)", at: offset)
        }
        guard range.contains(number) else {
            let hint = field.range == 0...6 && number == 7 ? "; Sunday is 0" : ""
            throw CronSchedule.Invalid(
                "the \(field.name) \(number) is not between \(range.lowerBound) and \(range.upperBound)\(hint)",
                at: offset)
        }
        return number
    }

    /// Digits alone, at most nine of them.
    private static func digits(_ text: String) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }

    // MARK: moments

    /// Seconds since 1970.
    func next(after seconds: Int, _ rules: ZoneRules) -> Int? {
        // Clocks that went back may show a day again that is over: what it fires is behind it all the same.
        var day = flooredQuotient(seconds + rules.offset(at: seconds), by: 86_400)
        let last = day + CronSchedule.Limits.daysMax
        while day <= last {
            let civil = CivilDay(number: day)
            guard months & (1 << UInt64(civil.month)) != 0 else {
                day = civil.nextMonth.number
                continue
            }
            if matches(civil, day), let found = first(on: day, after: seconds, rules) { return found }
            day += 1
        }
        return nil
    }

    private func matches(_ civil: CivilDay, _ number: Int) -> Bool {
        let isDay = days & (1 << UInt64(civil.day)) != 0
        let isWeekday = weekdays & (1 << UInt64(CivilDay.weekday(ofNumber: number))) != 0
        return eitherDay ? isDay || isWeekday : isDay && isWeekday
    }

    /// The earliest moment of a day behind `seconds`. A gap may put a time of the clock behind a later one, so that on a day
    /// on which the clocks change all of them are looked at.
    private func first(on day: Int, after seconds: Int, _ rules: ZoneRules) -> Int? {
        let midnight = day * 86_400
        let changes = rules.offset(at: midnight - 2 * 86_400) != rules.offset(at: midnight + 2 * 86_400)
        var found: Int?
        for hour in 0..<24 where hours & (1 << UInt64(hour)) != 0 {
            for minute in 0..<60 where minutes & (1 << UInt64(minute)) != 0 {
                let moment = rules.moment(ofLocal: midnight + hour * 3600 + minute * 60)
                guard moment > seconds, found.map({ moment < $0 }) ?? true else { continue }
                if !changes { return moment }
                found = moment
            }
        }
        return found
    }
}
