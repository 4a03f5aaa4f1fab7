/// When the clocks of a time zone change: what its file of tzdata tells (TZif), and behind that a rule for every year.
///
/// Pure: whoever has the file hands its bytes over. Seconds are since 1970-01-01 UTC.
public struct ZoneRules: Equatable, Sendable {
    public static let utc = ZoneRules(transitions: [], first: 0, rule: YearRule(standard: 0))

    /// Changes in order, each with the offset from then on in seconds east of UTC.
    private let transitions: [Transition]
    /// The offset before the first change.
    private let first: Int
    /// What holds behind the last change.
    private let rule: YearRule

    struct Transition: Equatable, Sendable {
        let at: Int
        let offset: Int
    }

    private init(transitions: [Transition], first: Int, rule: YearRule) {
        self.transitions = transitions
        self.first = first
        self.rule = rule
    }

    /// By the table that is compiled in.
    ///
    /// - Parameter zone: an IANA name; nil for one that does not exist.
    public init?(named zone: String) {
        guard let text = ZoneTable.rule(of: zone), let rule = YearRule(text) else { return nil }
        self.init(transitions: [], first: rule.standard, rule: rule)
    }

    /// Seconds east of UTC at a moment.
    func offset(at seconds: Int) -> Int {
        guard let last = transitions.last, seconds < last.at else {
            return rule.isNone ? transitions.last?.offset ?? first : rule.offset(at: seconds)
        }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : transitions[low - 1].offset
    }

    /// The moment at which a clock of the zone shows a time, given as if the clock showed UTC. Of two, the first; a time that
    /// is left out when clocks go forward is as much later as they go: 02:30 becomes 03:30.
    func moment(ofLocal local: Int) -> Int {
        // An offset is below a day in size, so these are what holds before and after any change near.
        let before = offset(at: local - 86_400)
        let after = offset(at: local + 86_400)
        for offset in [before, after] where self.offset(at: local - offset) == offset { return local - offset }
        return local - before
    }
}

/// A zone's rule for every year, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearRule: Equatable, Sendable {
    struct Change: Equatable, Sendable {
        enum Day: Equatable, Sendable {
            /// Month, week (5: the last), weekday.
            case weekday(Int, Int, Int)
            /// Day of the year from 1, without 29 February.
            case julian(Int)
            /// Day of the year from 0, with it.
            case ordinal(Int)
        }
        let day: Day
        /// Seconds after midnight by the clock before the change; may be negative, and more than a day.
        let time: Int
    }

    let standard: Int
    let summer: Int
    let start: Change?
    let end: Change?
    /// The text was empty: the zone's last offset holds.
    let isNone: Bool

    init(standard: Int) {
        self.standard = standard
        summer = standard
        start = nil
        end = nil
        isNone = false
    }

    /// Nil when it is none. An empty one says nothing.
    init?(_ text: String) {
        guard !text.isEmpty else {
            standard = 0
            summer = 0
            start = nil
            end = nil
            isNone = true
            return
        }
        var scanner = RuleScanner(text)
        guard scanner.skipName(), let west = scanner.time() else { return nil }
        standard = -west
        isNone = false
        guard !scanner.isAtEnd else {
            summer = standard
            start = nil
            end = nil
            return
        }
        guard scanner.skipName() else { return nil }
        var summer = standard + 3600
        if !scanner.isNext(",") {
            guard let west = scanner.time() else { return nil }
            summer = -west
        }
        self.summer = summer
        guard scanner.take(","), let start = scanner.change(), scanner.take(","), let end = scanner.change(),
            scanner.isAtEnd
        else { return nil }
        self.start = start
        self.end = end
    }

    func offset(at seconds: Int) -> Int {
        guard let start, let end else { return standard }
        let year = CivilDay(number: flooredQuotient(seconds + standard, by: 86_400)).year
        let from = start.seconds(in: year) - standard
        let to = end.seconds(in: year) - summer
        let isSummer = from < to ? from <= seconds && seconds < to : !(to <= seconds && seconds < from)
        return isSummer ? summer : standard
    }
}

extension YearRule.Change {
    /// Seconds since 1970-01-01 as a clock of the place shows them.
    func seconds(in year: Int) -> Int {
        let number: Int
        switch day {
        case .weekday(let month, let week, let weekday):
            let first = CivilDay(year: year, month: month, day: 1)
            var found = first.number + (weekday - CivilDay.weekday(ofNumber: first.number) + 7) % 7 + (week - 1) * 7
            if found >= first.nextMonth.number { found -= 7 }
            number = found
        case .julian(let place):
            let isLeap =
                CivilDay(year: year, month: 3, day: 1).number - CivilDay(year: year, month: 2, day: 1).number == 29
            number = CivilDay(year: year, month: 1, day: 1).number + place - 1 + (isLeap && place >= 60 ? 1 : 0)
        case .ordinal(let place): number = CivilDay(year: year, month: 1, day: 1).number + place
        }
        return number * 86_400 + time
    }
}

private struct RuleScanner {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { place == bytes.count }
    func isNext(_ character: Unicode.Scalar) -> Bool { place < bytes.count && bytes[place] == UInt8(ascii: character) }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        place += 1
        return true
    }

    /// `CET`, or anything between angle brackets.
    mutating func skipName() -> Bool {
        let begin = place
        if take("<") {
            while !isAtEnd, bytes[place] != UInt8(ascii: ">") { place += 1 }
            return take(">")
        }
        while !isAtEnd, (bytes[place] | 0x20) >= UInt8(ascii: "a"), (bytes[place] | 0x20) <= UInt8(ascii: "z") {
            place += 1
        }
        return place > begin
    }

    mutating func number() -> Int? {
        var value = 0
        let begin = place
        while !isAtEnd, bytes[place] >= 0x30, bytes[place] <= 0x39, place - begin < 4 {
            value = value * 10 + Int(bytes[place] - 0x30)
            place += 1
        }
        return place > begin ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time() -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var seconds = number().map({ $0 * 3600 }) else { return nil }
        for unit in [60, 1] where take(":") {
            guard let part = number() else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    mutating func change() -> YearRule.Change? {
        let day: YearRule.Change.Day
        if take("M") {
            guard let month = number(), (1...12).contains(month), take("."), let week = number(),
                (1...5).contains(week), take("."), let weekday = number(), (0...6).contains(weekday)
            else { return nil }
            day = .weekday(month, week, weekday)
        } else if take("J") {
            guard let place = number(), (1...365).contains(place) else { return nil }
            day = .julian(place)
        } else {
            guard let place = number(), (0...365).contains(place) else { return nil }
            day = .ordinal(place)
        }
        guard take("/") else { return YearRule.Change(day: day, time: 7200) }
        guard let time = time() else { return nil }
        return YearRule.Change(day: day, time: time)
    }
}

extension ZoneRules {
    /// Bytes of a file of tzdata that are read; the largest has 4 000.
    public static let fileBytesMax = 64 * 1024

    /// - Parameter bytes: a file of /usr/share/zoneinfo (RFC 8536), of version 2 or later.
    /// - Returns: nil when it is none.
    public init?(tzif bytes: [UInt8]) {
        guard let old = TZifHeader(bytes, at: 0), old.version >= 2,
            let header = TZifHeader(bytes, at: old.end(wordBytes: 4))
        else { return nil }
        let body = header.begin
        let types = body + header.times * 9
        guard bytes.count >= header.end(wordBytes: 8), header.types > 0 else { return nil }
        func offset(ofType type: Int) -> Int { Int(Int32(truncatingIfNeeded: number(bytes, types + type * 6, 4))) }
        var transitions: [Transition] = []
        for index in 0..<header.times {
            let type = Int(bytes[body + header.times * 8 + index])
            guard type < header.types else { return nil }
            let at = Int(truncatingIfNeeded: number(bytes, body + index * 8, 8))
            guard transitions.last.map({ $0.at < at }) ?? true else { return nil }
            transitions.append(Transition(at: at, offset: offset(ofType: type)))
        }
        let footer = bytes[header.end(wordBytes: 8)...]
        guard footer.first == 0x0A, let end = footer.dropFirst().firstIndex(of: 0x0A),
            let rule = YearRule(String(decoding: footer[(footer.startIndex + 1)..<end], as: UTF8.self))
        else { return nil }
        self.init(transitions: transitions, first: offset(ofType: 0), rule: rule)
    }
}

private func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> UInt64 {
    bytes[place..<(place + count)].reduce(0) { $0 << 8 | UInt64($1) }
}

private struct TZifHeader {
    let version: Int
    /// Where its data begin.
    let begin: Int
    let times: Int
    let types: Int
    private let rest: (utc: Int, standard: Int, leaps: Int, characters: Int)

    init?(_ bytes: [UInt8], at place: Int) {
        guard bytes.count <= ZoneRules.fileBytesMax, place + 44 <= bytes.count,
            bytes[place..<(place + 4)].elementsEqual("TZif".utf8)
        else { return nil }
        let counts = (0..<6).map { Int(number(bytes, place + 20 + $0 * 4, 4)) }
        guard counts.allSatisfy({ $0 <= ZoneRules.fileBytesMax }) else { return nil }
        version = Int(bytes[place + 4]) - 0x30
        begin = place + 44
        rest = (counts[0], counts[1], counts[2], counts[5])
        times = counts[3]
        types = counts[4]
    }

    /// Where the next part begins.
    func end(wordBytes: Int) -> Int {
        begin + times * (wordBytes + 1) + types * 6 + rest.characters + rest.leaps * (wordBytes + 4) + rest.standard
            + rest.utc
    }
}
