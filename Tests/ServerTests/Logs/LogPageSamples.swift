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

    static func jobPage(_ text: (String) -> String) -> JobPage {
        let form = JobForm(action: text("action"), token: text("token"))
        return JobPage(
            head: head(text), job: 7, base: text("base"), run: 8, runNumber: 9, status: text("status"),
            isDone: true, problem: text("problem"), why: text("why"), runner: text("runner"), started: time(text),
            duration: text("duration"), hasAttempts: true,
            attempts: [
                JobAttemptLink(number: 1, link: text("attempt"), status: text("attempt status"), isHere: true)
            ], rerun: form, cancel: form, expiredAt: text("expired at"), hasSummary: true,
            log: JobLogPart(
                job: 7, address: text("log"), search: text("search"), total: 10, mark: text("mark"), isDone: false,
                open: 0, error: 11,
                sections: [
                    JobSectionPart(
                        name: text("section"), status: text("section status"), start: text("start"),
                        startedAt: text("started at"), stoppedAt: text("stopped at"), duration: text("took"),
                        link: text("section link"), isOpen: true)
                ],
                rows: [
                    JobRowPart(
                        number: 3, label: text("row number"), time: text("row time"), kind: text("kind"),
                        spans: [JobSpanPart(classes: text("classes"), text: text("row"))])
                ], older: text("older"), newer: text("newer"), first: 12, last: 13), absence: text("absence"))
    }
    static let emptyJobPage = JobPage(
        head: emptyHead, job: 1, base: "", run: 1, runNumber: 1, status: "", isDone: false, problem: nil, why: nil,
        runner: nil,
        started: nil, duration: nil, hasAttempts: false, attempts: [], rerun: nil, cancel: nil, expiredAt: nil,
        hasSummary: false, log: nil, absence: nil)

    static func logs(_ text: (String) -> String) -> [any PageModel] { [job(text), jobPage(text)] }
    static let emptyLogs: [any PageModel] = [emptyJob, emptyJobPage]
}
