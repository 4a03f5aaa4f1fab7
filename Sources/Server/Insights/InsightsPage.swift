import Domain
import Postgres
import Web

/// How a repository's workflows fare over time.
struct InsightsPage: PageModel {
    static let template = Template.insights

    let head: PageHead
    let windows: [RunChip]
    let workflows: [RunChip]
    /// What the numbers are made of.
    let sample: String
    let nothing: String?
    var charts: ChartsPart?
    var tables: [StatisticsTable] = []
    var flaky: FlakyPart?
    var steps: SlowStepsPart?
}

struct ChartsPart: PartModel {
    /// What the bars, and the lines, show in words.
    let barsWords: String
    let linesWords: String
    let bars: [ChartBar]
    let ran50: String
    let ran95: String
    let days: [DayRow]
}

struct ChartBar: PartModel {
    let x: Int
    let width: Int
    let goodY: Int
    let goodHeight: Int
    let badY: Int
    let badHeight: Int
    let words: String
}

struct DayRow: PartModel {
    let day: String
    let succeeded: Int
    let failed: Int
    let ran50: String
    let ran95: String
}

struct StatisticsTable: PartModel {
    let title: String
    let rows: [StatisticsRow]
}

struct StatisticsRow: PartModel {
    let name: String
    let count: Int
    let rate: String
    let ran50: String
    let ran95: String
    let waited50: String
    let waited95: String
}

struct FlakyPart: PartModel {
    let rows: [FlakyRow]
}

struct FlakyRow: PartModel {
    let name: String
    let words: String
    let sha: String
}

struct SlowStepsPart: PartModel {
    let rows: [SlowStepRow]
}

struct SlowStepRow: PartModel {
    let job: String
    let name: String
    let count: Int
    let ran50: String
    let ran95: String
    let total: String
}
