/// One job of a run's page: its state and its log by steps.
struct JobPart: PageModel {
    static let template = Template.job

    let id: Int64
    /// `/owner/name`.
    let base: String
    let name: String
    let status: String
    let problem: String?
    /// Why it does not run.
    let why: String?
    /// The row that the script asks for first.
    let next: Int64
    let isDone: Bool
    /// Changes when the job's part would (`LogPage.mark`).
    let mark: String
    var summary: SummaryPart?
    /// Where the whole log is.
    var download: String?
    /// When the log was removed.
    var expiredAt: String?
    var slices: [SlicePart] = []
}

/// One step's rows, or those around steps.
struct SlicePart: PartModel {
    let name: String
    let status: String
    let count: Int
    let isOpen: Bool
    /// The script appends new rows here.
    let isGrowing: Bool
    let head: [LogRow]
    let gap: LogGap?
    let tail: [LogRow]
}

struct LogRow: PartModel {
    let job: Int64
    let number: Int64
    let time: String
    let text: String
    let kind: String
}

/// Rows that the page does not show at once.
struct LogGap: PartModel {
    /// Rows before it.
    let from: Int64
    /// The number of its first row, and of its last.
    let first: Int64
    let to: Int64
    /// To as many of its rows as one answer has.
    let link: String
}

/// What a job wrote about itself.
struct SummaryPart: PartModel {
    let parts: [StepSummary]
    /// To all of it.
    let link: String
}

struct StepSummary: PartModel {
    let step: String?
    let text: String
    /// There is more than is shown.
    let isCut: Bool
}
