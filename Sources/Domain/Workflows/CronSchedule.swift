/// A line of `schedule`: when a workflow starts by the clock (workflows.md 7).
///
/// Five fields as robfig/cron reads them, which Gitea uses: lists, ranges, steps, names of months and weekdays; a descriptor
/// such as `@daily` or `@every 5m`; before either, `TZ=Area/City ` or `CRON_TZ=`. Without a zone it is UTC.
///
/// A time that the clock does not show because it goes forward fires once, as much later as it goes: 02:30 at 03:30. One that
/// it shows twice fires the first time only. So each minute of the place's clock fires at most once.
public struct CronSchedule: Equatable, Sendable {
    /// An IANA name.
    public let zone: String
    private let rule: Rule

    private enum Rule: Equatable {
        case fields(CronFields)
        /// Seconds between two; they are counted from 1970 on, so that any instance finds the same moments.
        case every(Int)
    }

    public enum Limits {
        public static let bytesMax = 256
        /// Days looked at for the next match: 29 February may be eight years away, so nothing that fires is farther.
        public static let daysMax = 9 * 366
        /// Seconds of `@every`: as often as fields can say, and at least yearly.
        public static let everySeconds = 60...(366 * 86_400)
    }

    /// What is wrong with a line, for its author.
    public struct Invalid: Error, Equatable, Sendable {
        /// `cron` or `timezone` (workflows.md 16).
        public let code: String
        public let message: String
        /// Where it stands: Unicode scalars before it. 0 when it is about `timezone:`.
        public let offset: Int

        init(_ message: String, at offset: Int, code: String = "cron") {
            self.code = code
            self.message = message
            self.offset = offset
        }
    }

    /// - Parameter timezone: the key beside `cron`; nil when it is absent.
    public init(_ text: String, timezone: String? = nil) throws(Invalid) {
        guard text.utf8.count <= Limits.bytesMax else {
            throw Invalid("the line has \(text.utf8.count) bytes; at most \(Limits.bytesMax) are read", at: 0)
        }
        var words = Self.words(of: text)
        var zone = timezone
        if let timezone, ZoneTable.rule(of: timezone) == nil {
            throw Invalid(
                "there is no time zone \"\(quoted(timezone))\"\(Self.hint(timezone))", at: 0, code: "timezone")
        }
        if let first = words.first,
            let prefix = ["TZ=", "CRON_TZ="].first(where: { first.text.utf8.starts(with: $0.utf8) })
        {
            let name = String(decoding: first.text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
            let place = first.offset + prefix.utf8.count
            guard ZoneTable.rule(of: name) != nil else {
                throw Invalid(
                    "there is no time zone \"\(quoted(name))\"\(Self.hint(name))", at: place, code: "timezone")
            }
            if let timezone, !sameScalars(timezone, name) {
                throw Invalid(
                    "the line is in time zone \"\(name)\", and \"timezone\" says \"\(timezone)\"; name one", at: place,
                    code: "timezone")
            }
            zone = name
            words.removeFirst()
        }
        self.zone = zone ?? "UTC"
        guard let first = words.first else {
            throw Invalid("the line is empty; write five fields such as \"30 5 * * 1-5\"", at: 0)
        }
        if first.text.utf8.first == UInt8(ascii: "@") {
            rule = try Self.descriptor(words)
            return
        }
        guard words.count == 5 else {
            throw Invalid(
                "the line has \(words.count) field\(words.count == 1 ? "" : "s"); five are read: minute, hour, day of the month, month, day of the week",
                at: words.count > 5 ? words[5].offset : first.offset)
        }
        let fields = try CronFields(words)
        guard fields.everFires else {
            throw Invalid("the line never fires: no month that it names has such a day", at: words[2].offset)
        }
        rule = .fields(fields)
    }

    /// The first moment behind `after` at which it fires; nil when there is none within ``Limits/daysMax`` days.
    ///
    /// - Parameter rules: of its zone, from the host's tzdata; nil: those compiled in.
    public func next(after: Instant, rules: ZoneRules? = nil) -> Instant? {
        let seconds = flooredQuotient(Int(after.microseconds), by: 1_000_000)
        let found: Int?
        switch rule {
        case .every(let interval): found = (flooredQuotient(seconds, by: interval) + 1) * interval
        case .fields(let fields):
            found = fields.next(after: seconds, rules ?? ZoneRules(named: zone) ?? .utc)
        }
        return found.map { Instant(microseconds: Int64($0) * 1_000_000) }
    }

    // MARK: reading

    struct Word {
        let text: String
        /// Unicode scalars of the line before it.
        let offset: Int
    }

    private static func words(of text: String) -> [Word] {
        var found: [Word] = []
        var open = ""
        var begin = 0
        for (offset, scalar) in (Array(text.unicodeScalars) + [" "]).enumerated() {
            guard scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" else {
                if open.isEmpty { begin = offset }
                open.unicodeScalars.append(scalar)
                continue
            }
            if !open.isEmpty { found.append(Word(text: open, offset: begin)) }
            open = ""
        }
        return found
    }

    private static func hint(_ zone: String) -> String {
        nearest(zone, among: ZoneTable.names).map { "; did you mean \"\($0)\"?" }
            ?? "; write an IANA name such as \"Europe/Berlin\""
    }

    private static let descriptors = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func descriptor(_ words: [Word]) throws(Invalid) -> Rule {
        let name = words[0]
        let allowed = name.text == "@every" ? 2 : 1
        if name.text == "@every" {
            guard words.count >= 2 else { throw Invalid("\"@every\" lacks a time such as \"5m\"", at: name.offset) }
        } else if let line = descriptors[name.text] {
            guard words.count > allowed else { return .fields(try CronFields(Self.words(of: line))) }
        } else {
            throw Invalid(
                "\"\(quoted(name.text))\" is not known; there are \(descriptors.keys.sorted().joined(separator: ", ")) and @every",
                at: name.offset)
        }
        guard words.count == allowed else {
            throw Invalid(
                "\"\(quoted(words[allowed].text))\" is too much behind \"\(name.text)\"", at: words[allowed].offset)
        }
        guard let seconds = durationSeconds(words[1].text) else {
            throw Invalid(
                "\"\(quoted(words[1].text))\" is no time; write one such as \"5m\" or \"1h30m\"", at: words[1].offset)
        }
        guard Limits.everySeconds.contains(seconds) else {
            throw Invalid(
                "\"@every\" takes from 1 minute to 366 days, not \"\(quoted(words[1].text))\"", at: words[1].offset,
                code: "cron-interval")
        }
        return .every(seconds)
    }

    /// As Go writes times: `1h30m`, `1.5h`, `90s`; parts below a second are dropped. Nil when it is none, or too long.
    private static func durationSeconds(_ text: String) -> Int? {
        var sum = 0.0
        var number = ""
        var unit = ""
        func amount() -> Double? {
            let units: [String: Double] = [
                "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9,
            ]
            let isNumber =
                number.utf8.filter { $0 == UInt8(ascii: ".") }.count <= 1
                && number.utf8.contains { $0 != UInt8(ascii: ".") }
            guard isNumber, let value = Double(number.hasSuffix(".") ? number + "0" : number), let factor = units[unit]
            else { return nil }
            return value * factor
        }
        for scalar in text.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar) || scalar == "."
            if isDigit, !unit.isEmpty {
                guard let part = amount() else { return nil }
                sum += part
                number = ""
                unit = ""
            }
            if isDigit { number.unicodeScalars.append(scalar) } else { unit.unicodeScalars.append(scalar) }
        }
        guard let part = amount(), sum + part < 1e12 else { return nil }
        return Int(sum + part)
    }
}
