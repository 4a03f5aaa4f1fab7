import Domain
import Postgres
import Web

enum InsightsPages {
    static let windows: [Int64] = [7, 30, 90]
    private static let jobsShown = 50
    private static let stepsShown = 20

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions/insights", .repository(.read),
            query: [
                QueryParameter("days", "7, 30 or 90"), QueryParameter("workflow", "only runs of this workflow's file"),
            ], answers: [.page, .failure(404)], "Show how the workflows of a repository fare over time.", page)
    ]

    @Sendable private static func page(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let days = request.given("days").flatMap { Int64($0) }.flatMap { windows.contains($0) ? $0 : nil } ?? 30
        let workflow = request.given("workflow").flatMap { $0.utf8.contains(0) || $0.utf8.count > 1_000 ? nil : $0 }
        let runs = try app.insights.runs(
            of: place.id, workflow: workflow, since: request.now.adding(seconds: -days * 86_400))
        // The newest runs come first; what ended first counts first for flaky jobs.
        let jobs = try app.insights.jobs(of: runs)
        let known = try app.views.workflowChoices(of: place.id)
        let address = "/\(place.repository.fullName)/actions/insights"
        func link(days: Int64, workflow: String?) -> String {
            "\(address)?days=\(days)" + (workflow.map { "&workflow=\(percentEncoded($0))" } ?? "")
        }
        let isCut = runs.count >= Int(InsightLimits.runsMax) || jobs.count >= Int(InsightLimits.jobsMax)
        var page = InsightsPage(
            head: place.head("Insights", tab: .insights),
            windows: windows.map {
                RunChip(name: "\($0) days", link: link(days: $0, workflow: workflow), count: nil, isHere: $0 == days)
            },
            workflows: [
                RunChip(
                    name: "all workflows", link: link(days: days, workflow: nil), count: nil, isHere: workflow == nil)
            ]
                + known.map {
                    RunChip(
                        name: harmlessField($0.name.isEmpty ? $0.file : $0.name),
                        link: link(days: days, workflow: $0.file),
                        count: nil, isHere: workflow == $0.file)
                },
            sample: isCut
                ? "Made of the newest \(runs.count) runs and \(jobs.count) jobs; there are more in these \(days) days."
                : "Made of all \(runs.count) runs that began in the last \(days) days and ended, by their first attempts, "
                    + "and of \(jobs.count) jobs.",
            nothing: runs.isEmpty
                ? "No run of \(workflow.map { "\"\(harmlessField($0))\"" } ?? "this repository") ended in the last \(days) days."
                : nil)
        guard !runs.isEmpty else { return try page.response() }
        let today = request.now.microseconds / 86_400_000_000
        page.charts = charts(statistics(byDay: runs.map(\.ended), from: today - days, to: today))
        page.tables = [
            StatisticsTable(title: "Workflows", rows: statistics(byName: runs.map(\.ended)).prefix(jobsShown).map(row)),
            StatisticsTable(title: "Jobs", rows: statistics(byName: jobs.map(\.ended)).prefix(jobsShown).map(row)),
        ].filter { !$0.rows.isEmpty }
        page.flaky = flaky(jobs)
        page.steps = try steps(jobs, app)
        return try page.response()
    }

    private static func words(_ time: Int64?) -> String { time.map(durationWords) ?? "–" }
    private static func rate(_ thousandths: Int?) -> String {
        thousandths.map { "\($0 / 10).\($0 % 10) %" } ?? "–"
    }

    private static func row(_ found: Statistics) -> StatisticsRow {
        StatisticsRow(
            name: harmlessField(found.name), count: found.count, rate: rate(found.successRate),
            ran50: words(found.ran50), ran95: words(found.ran95), waited50: words(found.waited50),
            waited95: words(found.waited95))
    }

    private static func charts(_ days: [DayStatistics]) -> ChartsPart {
        let chart = DayChart(days)
        func date(_ day: Int64) -> String { String(clockText(day * 86_400_000_000).prefix(10)) }
        return ChartsPart(
            barsWords: "Runs a day, up to \(chart.most): succeeded below, failed above",
            linesWords:
                "Duration of runs a day, up to \(durationWords(chart.longest)): the middle (line) and 95 % (dashes)",
            bars: zip(days, chart.bars).filter { $0.1.goodHeight + $0.1.badHeight > 0 }.map { day, bar in
                ChartBar(
                    x: bar.x, width: bar.width, goodY: bar.goodY, goodHeight: bar.goodHeight, badY: bar.badY,
                    badHeight: bar.badHeight,
                    words: "\(date(day.day)): \(day.statistics.succeeded) succeeded, \(day.statistics.failed) failed")
            },
            ran50: chart.ran50, ran95: chart.ran95,
            days: days.reversed().filter { $0.statistics.count > 0 }.map { day in
                DayRow(
                    day: date(day.day), succeeded: day.statistics.succeeded, failed: day.statistics.failed,
                    ran50: words(day.statistics.ran50), ran95: words(day.statistics.ran95))
            })
    }

    private static func flaky(_ jobs: [InsightJob]) -> FlakyPart? {
        let found = flakyJobs(oldestFirst(jobs).map(\.ended)).prefix(stepsShown)
        guard !found.isEmpty else { return nil }
        return FlakyPart(
            rows: found.map { job in
                FlakyRow(
                    name: harmlessField(job.name),
                    words: "failed, then was green, at \(job.commits) of \(job.commitsInAll) "
                        + (job.commitsInAll == 1 ? "commit" : "commits"),
                    sha: String(job.lastSHA.prefix(10)))
            })
    }

    /// Runs come newest first, the jobs of one run in their order: turning the runs around keeps attempts in order.
    private static func oldestFirst(_ jobs: [InsightJob]) -> [InsightJob] {
        var runs: [[InsightJob]] = []
        for job in jobs {
            if runs.last?.last?.run == job.run {
                runs[runs.count - 1].append(job)
            } else {
                runs.append([job])
            }
        }
        return Array(runs.reversed().joined())
    }

    private static func steps(_ jobs: [InsightJob], _ app: App) throws -> SlowStepsPart? {
        let found = slowSteps(try app.insights.steps(of: jobs), most: stepsShown)
        guard !found.isEmpty else { return nil }
        return SlowStepsPart(
            rows: found.map { step in
                SlowStepRow(
                    job: harmlessField(step.job), name: harmlessField(step.name), count: step.count,
                    ran50: durationWords(step.ran50), ran95: durationWords(step.ran95),
                    total: durationWords(step.total))
            })
    }
}
