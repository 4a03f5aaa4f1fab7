import Testing

@testable import Domain

@Suite("Lines that fire")
struct ScheduleSetTests {
    private static let cases: [(on: String, lines: [ScheduleLine])] = [
        ("on: push", []), ("on: {schedule: [{cron: '0 1 * * *'}]}", [ScheduleLine(cron: "0 1 * * *")]),
        (
            "on: {push: , schedule: [{cron: '0 1 * * *', timezone: Asia/Tokyo}, {cron: '@daily'}]}",
            [ScheduleLine(cron: "0 1 * * *", timezone: "Asia/Tokyo"), ScheduleLine(cron: "@daily")]
        ),
        // The same line twice is one; in another zone it is another.
        ("on: {schedule: [{cron: '@daily'}, {cron: '@daily'}]}", [ScheduleLine(cron: "@daily")]),
        (
            "on: {schedule: [{cron: '@daily'}, {cron: '@daily', timezone: UTC}]}",
            [ScheduleLine(cron: "@daily"), ScheduleLine(cron: "@daily", timezone: "UTC")]
        ),
        // A line that cannot be read silences its file.
        ("on: {schedule: [{cron: '@daily'}, {cron: '0 0 30 2 *'}]}", []), ("on: {schedule: '@daily'}", []),
        ("on: {schedule: [{cron: '@daily', timezone: Moon}]}", []), ("on: {schedule: [cron]}", []), ("on: [", []),
    ]

    @Test("of a file", arguments: cases)
    func lines(on: String, lines: [ScheduleLine]) {
        let file = WorkflowFile(Array((on + "\njobs: {}\n").utf8), path: ".gitea/workflows/a.yml", steps: 100_000)
        #expect(scheduledLines(of: file) == lines.map { ScheduledLine(workflow: ".gitea/workflows/a.yml", line: $0) })
    }

    @Test(
        "a fault is told where it stands in the line",
        arguments: [
            ("{cron: '0 0 30 2 *'}", "1:29", "cron"), ("{cron: \"5 4 * * 7\"}", "1:33", "cron"),
            ("{cron: 5 99 * * 7}", "1:26", "cron"),
            ("{cron: TZ=Moon 5 9 * * 7}", "1:27", "timezone"), ("{cron: '@daily', timezone: Moon}", "1:44", "timezone"),
            ("{cron: '@every 5s'}", "1:32", "cron-interval"),
        ])
    func place(line: String, place: String, code: String) throws {
        let file = WorkflowFile(Array("on: {schedule: [\(line)]}\n".utf8), path: "a", steps: 100_000)
        let fault = try #require(file.triggers?[.schedule]?.fault)
        #expect(fault.hasPrefix("a:\(place): ") && fault.hasSuffix("[\(code)]"), "\(fault)")
    }

    @Test("a schedule of too many lines is none")
    func many() {
        let items = (0...WorkflowLimits.schedulesMax).map { "{cron: '\($0 % 60) * * * *'}" }.joined(separator: ", ")
        let file = WorkflowFile(Array("on: {schedule: [\(items)]}\n".utf8), path: "a.yml", steps: 1_000_000)
        #expect(scheduledLines(of: file).isEmpty)
    }
}
