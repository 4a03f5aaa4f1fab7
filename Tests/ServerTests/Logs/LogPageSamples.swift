@testable import Server

extension PageSamples {
    static func job(_ text: (String) -> String) -> JobPart {
        let row = LogRow(job: 1, number: 2, time: text("time"), text: text("line"), kind: text("kind"))
        let slice = SlicePart(
            name: text("slice"), status: text("slice status"), count: 3, isOpen: true, isGrowing: true, head: [row],
            gap: LogGap(from: 4, first: 5, to: 6, link: text("gap")), tail: [row])
        return JobPart(
            id: 7, base: text("base"), name: text("job"), status: text("job status"), problem: text("job problem"),
            why: text("job why"), next: 8, isDone: false, mark: text("mark"),
            summary: SummaryPart(
                parts: [StepSummary(step: text("step"), text: text("summary"), isCut: true)], link: text("all")),
            download: text("download"), expiredAt: text("expired at"), slices: [slice])
    }
    static let emptyJob = JobPart(
        id: 1, base: "", name: "", status: "", problem: nil, why: nil, next: 0, isDone: true, mark: "")

    static func logs(_ text: (String) -> String) -> [any PageModel] { [job(text)] }
    static let emptyLogs: [any PageModel] = [emptyJob]
}
