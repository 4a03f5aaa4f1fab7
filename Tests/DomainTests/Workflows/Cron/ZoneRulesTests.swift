import Foundation
import Testing

@testable import Domain

@Suite("Rules of time zones")
struct ZoneRulesTests {
    private static func file(_ zone: String) -> ZoneRules? {
        guard let data = FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(zone)") else { return nil }
        return ZoneRules(tzif: Array(data))
    }

    @Test("a zone's file says what Foundation says, from 1970 to 2037")
    func asFoundation() throws {
        for zone in [
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza",
            "Pacific/Apia", "Europe/Dublin", "Asia/Tokyo", "UTC", "America/Nuuk",
        ] {
            let rules = try #require(Self.file(zone), "\(zone)")
            let known = try #require(TimeZone(identifier: zone))
            for seconds in stride(from: 0, to: 2_145_916_800, by: 86_400 * 3 + 1801) {
                let expected = known.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
                #expect(rules.offset(at: seconds) == expected, "\(zone) at \(seconds)")
            }
        }
    }

    @Test("what is compiled in agrees with the files from 2026 on, where a rule can say it")
    func compiledIn() throws {
        for zone in ZoneTable.names
        where !["Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Hebron"].contains(zone) {
            let compiled = try #require(ZoneRules(named: zone), "\(zone)")
            guard let rules = Self.file(zone) else { continue }
            for seconds in stride(from: 1_798_761_600, to: 1_893_456_000, by: 86_400 * 5 + 1801) {
                #expect(compiled.offset(at: seconds) == rules.offset(at: seconds), "\(zone) at \(seconds)")
            }
        }
    }

    @Test("broken files are none")
    func broken() throws {
        let whole = Array(try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Berlin")))
        #expect(ZoneRules(tzif: []) == nil)
        for length in stride(from: 0, to: whole.count - 1, by: 7) {
            #expect(ZoneRules(tzif: Array(whole.prefix(length))) == nil)
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = ZoneRules(tzif: bytes)?.offset(at: 1_900_000_000)
        }
    }

    @Test(
        "rules as POSIX writes them",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", true), ("<+0330>-3:30", true), ("IST-1GMT0,M10.5.0,M3.5.0/1", true),
            ("EST5EDT,J60,300/-1", true),
            ("", true), ("CET", false), ("CET-1CEST", false), ("CET-1CEST,M13.1.0,M1.1.0", false), ("1", false),
            ("CET-1x!", false),
        ])
    func rules(text: String, isRule: Bool) { #expect((YearRule(text) != nil) == isRule, "\(text)") }
}
