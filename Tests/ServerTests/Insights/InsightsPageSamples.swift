@testable import Server

extension PageSamples {
    static func insights(_ text: (String) -> String) -> [any PageModel] {
        var page = InsightsPage(
            head: head(text),
            windows: [RunChip(name: text("window"), link: text("to window"), count: text("count"), isHere: true)],
            workflows: [RunChip(name: text("workflow"), link: text("to workflow"), count: text("count"), isHere: true)],
            sample: text("sample"), nothing: text("nothing"))
        page.charts = ChartsPart(
            barsWords: text("bars"), linesWords: text("lines"),
            bars: [
                ChartBar(x: 1, width: 2, goodY: 3, goodHeight: 4, badY: 5, badHeight: 6, words: text("bar"))
            ], ran50: text("line of 50"), ran95: text("line of 95"),
            days: [DayRow(day: text("day"), succeeded: 1, failed: 2, ran50: text("day 50"), ran95: text("day 95"))])
        page.tables = [
            StatisticsTable(
                title: text("table"),
                rows: [
                    StatisticsRow(
                        name: text("name"), count: 3, rate: text("rate"), ran50: text("ran 50"), ran95: text("ran 95"),
                        waited50: text("waited 50"), waited95: text("waited 95"))
                ])
        ]
        page.flaky = FlakyPart(rows: [FlakyRow(name: text("flaky"), words: text("flaky words"), sha: text("sha"))])
        page.steps = SlowStepsPart(
            rows: [
                SlowStepRow(
                    job: text("job"), name: text("step"), count: 4, ran50: text("step 50"), ran95: text("step 95"),
                    total: text("total"))
            ])
        return [page]
    }

    static let emptyInsights: [any PageModel] = [
        InsightsPage(head: emptyHead, windows: [], workflows: [], sample: "", nothing: nil)
    ]
}
