import Domain
import Web

/// The page of one job: its steps, and its log.
struct JobPage: PageModel {
    static let template = Template.jobPage

    let head: PageHead
    let job: Int64
    /// `/owner/name`.
    let base: String
    let run: Int64
    let runNumber: Int64
    let status: String
    let isDone: Bool
    let problem: String?
    /// Why it does not run.
    let why: String?
    let runner: String?
    let started: TimePart?
    /// How long it took, or has taken so far.
    let duration: String?
    let hasAttempts: Bool
    let attempts: [JobAttemptLink]
    let rerun: JobForm?
    let cancel: JobForm?
    /// When the log was removed.
    let expiredAt: String?
    let hasSummary: Bool
    let log: JobLogPart?
    /// Why there is no log, when there never was one.
    let absence: String?
}

struct JobAttemptLink: PartModel {
    let number: Int64
    let link: String
    let status: String
    let isHere: Bool
}

/// What a button of the page sends.
struct JobForm: PartModel {
    let action: String
    let token: String
}

struct JobLogPart: PartModel {
    let job: Int64
    /// Where it is as text.
    let address: String
    /// Where it is searched.
    let search: String
    /// Rows of the whole log.
    let total: Int64
    let mark: String
    let isDone: Bool
    /// The section that is open.
    let open: Int
    /// The number of the line that a person looks for; nil when nothing failed.
    let error: Int64?
    let sections: [JobSectionPart]
    /// Rows that the page has of itself; the script fetches others.
    let rows: [JobRowPart]
    let older: String?
    let newer: String?
    let first: Int64
    let last: Int64
}

struct JobSectionPart: PartModel {
    let name: String
    let status: String
    /// Its first row, from 0; nil until it begins.
    let start: String?
    /// Unix milliseconds.
    let startedAt: String?
    let stoppedAt: String?
    let duration: String?
    let link: String
    let isOpen: Bool
}

struct JobRowPart: PartModel {
    let number: Int64
    /// The number, as wide as all are.
    let label: String
    let time: String
    let kind: String
    let spans: [JobSpanPart]
}

struct JobSpanPart: PartModel {
    let classes: String?
    let text: String
}
