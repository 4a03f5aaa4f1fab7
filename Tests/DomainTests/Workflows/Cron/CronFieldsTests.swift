import Testing

@testable import Domain

/// What lines mean is in ../CronScheduleTests.swift.
@Suite("Fields of a cron line")
struct CronFieldsTests {
    private static func fields(_ line: String) throws -> CronFields {
        try CronFields(line.split(separator: " ").map { CronSchedule.Word(text: String($0), offset: 0) })
    }

    @Test(
        "other words for the same",
        arguments: [
            ("0 0 * * *", "00 0 1-31 1-12 0-6"), ("*/1 * * * *", "0-59 0-23 * * *"), ("0 0 * jan *", "0 0 * 1 ?"),
            ("0,30 * * * *", "*/30 * * * *"),
        ])
    func same(one: String, other: String) throws {
        // Which days are free matters beside the sets, so moments are compared.
        let from = Int(CronScheduleTests.utc("2026-01-01 00:00").microseconds / 1_000_000)
        #expect(try Self.fields(one).next(after: from, .utc) == (try Self.fields(other).next(after: from, .utc)))
    }
}
