import Testing

@testable import Domain

@Suite("Lines of schedule")
struct CronScheduleTests {
    /// `2026-03-29 01:30` in UTC.
    static func utc(_ text: String) -> Instant {
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        let day = CivilDay(year: numbers[0], month: numbers[1], day: numbers[2]).number
        let seconds = day * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + (numbers.count > 5 ? numbers[5] : 0)
        return Instant(microseconds: Int64(seconds) * 1_000_000)
    }

    private static let moments: [(line: String, after: String, fires: [String])] = [
        ("* * * * *", "2026-01-01 00:00", ["2026-01-01 00:01", "2026-01-01 00:02"]),
        ("* * * * *", "2026-01-01 00:00:59", ["2026-01-01 00:01"]),
        ("30 5 * * *", "2026-01-01 05:30", ["2026-01-02 05:30"]),
        ("30 5 * * *", "2026-01-01 05:29:59", ["2026-01-01 05:30"]),
        ("*/15 * * * *", "2026-01-01 00:50", ["2026-01-01 01:00", "2026-01-01 01:15"]),
        ("5/20 * * * *", "2026-01-01 00:00", ["2026-01-01 00:05", "2026-01-01 00:25", "2026-01-01 00:45"]),
        ("1-10/4,59 0 * * *", "2026-01-01 00:02", ["2026-01-01 00:05", "2026-01-01 00:09", "2026-01-01 00:59"]),
        ("0 0 * JAN-mar,Dec *", "2026-03-31 00:00", ["2026-12-01 00:00"]),
        ("0 12 * * mon-FRI", "2026-11-27 12:00", ["2026-11-30 12:00"]),
        ("0 0 * * SUN", "2026-11-27 12:00", ["2026-11-29 00:00"]),
        ("0 0 * * 0", "2026-11-27 12:00", ["2026-11-29 00:00"]),
        // Either day, when both are restricted; both, when one is free.
        ("0 0 13 * FRI", "2026-11-01 00:00", ["2026-11-06 00:00", "2026-11-13 00:00", "2026-11-20 00:00"]),
        ("0 0 1 * 5", "2026-11-28 00:00", ["2026-12-01 00:00", "2026-12-04 00:00"]),
        (
            "0 0 */20 * FRI", "2026-11-01 00:00",
            ["2026-11-06 00:00", "2026-11-13 00:00", "2026-11-20 00:00", "2026-11-21 00:00"]
        ),
        ("0 0 */1 * FRI", "2026-11-01 00:00", ["2026-11-06 00:00", "2026-11-13 00:00"]),
        ("0 0 ? * FRI", "2026-11-01 00:00", ["2026-11-06 00:00"]),
        ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 29 2 *", "2096-03-01 00:00", ["2104-02-29 00:00"]),
        ("0 0 31 * *", "2026-01-31 00:00", ["2026-03-31 00:00", "2026-05-31 00:00"]),
        ("0 0 30 2 MON", "2026-01-01 00:00", ["2026-02-02 00:00"]),
        ("@yearly", "2026-01-01 00:00", ["2027-01-01 00:00"]), ("@monthly", "2026-01-01 00:00", ["2026-02-01 00:00"]),
        ("@weekly", "2026-11-27 00:00", ["2026-11-29 00:00"]), ("@daily", "2026-01-01 00:00", ["2026-01-02 00:00"]),
        ("@midnight", "2026-01-01 00:00", ["2026-01-02 00:00"]), ("@hourly", "2026-01-01 00:00", ["2026-01-01 01:00"]),
        ("@every 5m", "2026-01-01 00:01", ["2026-01-01 00:05", "2026-01-01 00:10"]),
        ("@every 1h30m", "1970-01-01 00:00", ["1970-01-01 01:30", "1970-01-01 03:00"]),
        ("@every 1.5h", "1970-01-01 00:00", ["1970-01-01 01:30"]),
        ("@every 90s", "1970-01-01 00:00", ["1970-01-01 00:01:30"]),
        // Zones.
        ("TZ=Asia/Tokyo 0 9 * * *", "2026-01-01 00:00", ["2026-01-02 00:00"]),
        ("CRON_TZ=America/New_York 30 4 * * *", "2026-07-01 00:00", ["2026-07-01 08:30"]),
        ("CRON_TZ=America/New_York @daily", "2026-01-01 00:00", ["2026-01-01 05:00"]),
        ("TZ=Asia/Kolkata 0 0 * * *", "2026-01-01 00:00", ["2026-01-01 18:30"]),
        // Clocks go forward at 02:00 on 2026-03-29: 02:30 comes at 03:30, once.
        ("TZ=Europe/Berlin 30 2 * * *", "2026-03-28 12:00", ["2026-03-29 01:30", "2026-03-30 00:30"]),
        ("TZ=Europe/Berlin 30 2,3 * * *", "2026-03-28 12:00", ["2026-03-29 01:30", "2026-03-30 00:30"]),
        ("TZ=Europe/Berlin 0 3 * * *", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 01:00"]),
        ("TZ=Europe/Berlin 45 2 29 3 *", "2026-03-28 12:00", ["2026-03-29 01:45", "2027-03-29 00:45"]),
        (
            "TZ=Europe/Berlin */30 * * * *", "2026-03-29 00:00",
            ["2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30", "2026-03-29 02:00"]
        ),
        ("TZ=Europe/Berlin 45 2,3 29 3 *", "2026-03-29 00:00", ["2026-03-29 01:45", "2027-03-29 00:45"]),
        ("TZ=Europe/Berlin 45 2 * * *", "2026-03-29 01:40", ["2026-03-29 01:45"]),
        // Clocks go back at 03:00 on 2026-10-25: 02:30 comes twice and fires the first time.
        ("TZ=Europe/Berlin 30 2 * * *", "2026-10-24 12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("TZ=Europe/Berlin 30 2 * * *", "2026-10-25 00:30", ["2026-10-26 01:30"]),
        (
            "TZ=Europe/Berlin 30 * * * *", "2026-10-24 23:00",
            ["2026-10-24 23:30", "2026-10-25 00:30", "2026-10-25 02:30"]
        ),
        // At midnight (Havana goes back from 01:00 to 00:00), and by half an hour (Lord Howe).
        ("TZ=America/Havana 30 0 * * *", "2026-10-31 12:00", ["2026-11-01 04:30", "2026-11-02 05:30"]),
        ("TZ=America/Havana 30 0 * * *", "2026-03-07 12:00", ["2026-03-08 05:30", "2026-03-09 04:30"]),
        ("TZ=Australia/Lord_Howe 15 2 * * *", "2026-10-03 12:00", ["2026-10-03 15:45", "2026-10-04 15:15"]),
    ]

    @Test("the next moments", arguments: moments)
    func next(line: String, after: String, fires: [String]) throws {
        let schedule = try CronSchedule(line)
        var now = Self.utc(after)
        for moment in fires {
            let found = try #require(schedule.next(after: now))
            #expect(
                found == Self.utc(moment),
                "\(line) after \(clockText(now.microseconds)): \(clockText(found.microseconds))")
            now = found
        }
    }

    @Test("the key timezone says the same as the prefix")
    func key() throws {
        let byKey = try CronSchedule("0 9 * * *", timezone: "Asia/Tokyo")
        #expect(byKey == (try CronSchedule("TZ=Asia/Tokyo 0 9 * * *")))
        #expect(byKey == (try CronSchedule("TZ=Asia/Tokyo 0 9 * * *", timezone: "Asia/Tokyo")))
        #expect(try CronSchedule("0 9 * * *").zone == "UTC")
    }

    private static let nonsense: [(line: String, code: String, offset: Int, part: String)] = [
        ("", "cron", 0, "empty"), ("   ", "cron", 0, "empty"), ("* * * *", "cron", 0, "4 fields"),
        ("* * * * * *", "cron", 10, "6 fields"), ("60 * * * *", "cron", 0, "between 0 and 59"),
        ("* 24 * * *", "cron", 2, "between 0 and 23"), ("* * 0 * *", "cron", 4, "between 1 and 31"),
        ("* * 32 * *", "cron", 4, "between 1 and 31"), ("* * * 13 *", "cron", 6, "between 1 and 12"),
        ("* * * * 7", "cron", 8, "Sunday is 0"), ("* * * * 5-7", "cron", 10, "Sunday is 0"),
        ("* * * * fri-mon", "cron", 8, "behind its end"), ("30-5 * * * *", "cron", 0, "behind its end"),
        ("*/0 * * * *", "cron", 2, "above 0"), ("*/x * * * *", "cron", 2, "above 0"),
        ("*/ * * * *", "cron", 2, "above 0"),
        ("1,,2 * * * *", "cron", 2, "empty part"), ("1/2/3 * * * *", "cron", 0, "more than one \"/\""),
        ("1-2-3 * * * *", "cron", 0, "more than one \"-\""), ("-5 * * * *", "cron", 0, "no number"),
        ("+5 * * * *", "cron", 0, "no number"), ("JAN * * * *", "cron", 0, "no number"),
        ("1, 2 * * * *", "cron", 11, "6 fields"),
        ("99999999999999999999 * * * *", "cron", 0, "no number"), ("* * * foo *", "cron", 6, "name such as FEB"),
        ("0 0 30 2 *", "cron", 4, "never fires"), ("0 0 31 2,4,6,9,11 *", "cron", 4, "never fires"),
        ("@reboot", "cron", 0, "not known"), ("@Daily", "cron", 0, "not known"), ("@daily 5", "cron", 7, "too much"),
        ("@every", "cron", 0, "lacks"), ("@every 5", "cron", 7, "is no time"), ("@every -5m", "cron", 7, "is no time"),
        ("@every 1s", "cron-interval", 7, "from 1 minute"), ("@every 99999h", "cron-interval", 7, "from 1 minute"),
        ("@every 1e99h", "cron", 7, "is no time"), ("@every 1..5h", "cron", 7, "is no time"),
        ("TZ=Mars/Olympus 0 0 * * *", "timezone", 3, "no time zone"),
        ("CRON_TZ=europe/berlin 0 0 * * *", "timezone", 8, "Europe/Berlin"),
        ("TZ= 0 0 * * *", "timezone", 3, "no time zone"), ("TZ=Local 0 0 * * *", "timezone", 3, "no time zone"),
        ("TZ=../../etc/passwd 0 0 * * *", "timezone", 3, "no time zone"), ("TZ=UTC", "cron", 0, "empty"),
        (String(repeating: "1,", count: 200) + "1 * * * *", "cron", 0, "bytes"), ("☃ * * * *", "cron", 0, "no number"),
        ("* * ☃ * *", "cron", 4, "no number"), ("*\u{0}* * * * *", "cron", 0, "no number"),
    ]

    @Test("nonsense is told with its place", arguments: nonsense)
    func invalid(line: String, code: String, offset: Int, part: String) {
        let error = #expect(throws: CronSchedule.Invalid.self, "\(line)") { try CronSchedule(line) }
        #expect(error?.code == code && error?.offset == offset, "\(line): \(String(describing: error))")
        #expect(error?.message.contains(part) ?? false, "\(line): \(String(describing: error))")
    }

    @Test("a wrong key timezone, or one that says something else than the line")
    func wrongKey() {
        #expect(throws: CronSchedule.Invalid.self) { try CronSchedule("0 0 * * *", timezone: "Moon") }
        #expect(throws: CronSchedule.Invalid.self) { try CronSchedule("TZ=UTC 0 0 * * *", timezone: "Asia/Tokyo") }
    }

    @Test("moments follow each other strictly over two years, and each shows what the line asks for")
    func strict() throws {
        for (line, zone) in [
            ("*/20 1-3 * * *", "Europe/Berlin"), ("7 0,2 * * 0", "America/New_York"),
            ("0 * 1-7 * *", "Australia/Lord_Howe"),
        ] {
            let schedule = try CronSchedule(line, timezone: zone)
            var now = Self.utc("2026-01-01 00:00")
            let end = Self.utc("2028-01-01 00:00")
            while now < end {
                let found = try #require(schedule.next(after: now))
                #expect(found > now)
                // What is between them fires nothing: asked from the middle it is the same.
                #expect(
                    schedule.next(after: Instant(microseconds: (now.microseconds + found.microseconds) / 2)) == found)
                now = found
            }
        }
    }

    @Test("random text is refused or fires, and ends")
    func fuzz() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789*/-,? @TZ=JANfri:evrydh\t☃")
        for _ in 0..<3000 {
            let line = String(
                (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? "*"
                })
            guard let schedule = try? CronSchedule(line) else { continue }
            #expect(schedule.next(after: Self.utc("2026-01-01 00:00")) != nil, "\(line)")
        }
    }
}
