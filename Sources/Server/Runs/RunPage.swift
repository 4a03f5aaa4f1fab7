import Domain

/// The page of one run, in one of its attempts.
struct RunPage: PageModel {
    static let template = Template.runPage

    let head: PageHead
    let id: Int64
    /// The page itself, which the script fetches when the run has changed.
    let address: String
    let title: String
    let number: Int64
    let status: String
    let branch: String
    let branchLink: String?
    let sha: String
    let subject: String?
    let event: String
    let actor: String
    var createdAt: TimePart?
    var took: String?
    var waited: String?
    /// How long it takes yet.
    var estimate: String?
    let workflow: String
    /// To the workflow's file at the commit.
    let workflowLink: String
    var attempts: AttemptsPart?
    var buttons: [RunButton] = []
    var problem: String?
    let warnings: String?
    var failure: FailurePart?
    /// Why it waits, each reason once.
    var waits: [WaitPart] = []
    /// Environments that jobs of the run wait for.
    var gates: [GatePart] = []
    var graph: GraphPart?
    var jobs: JobListPart?
    var compared: ComparedPart?
    var annotations: AnnotationsPart?
    var artifacts: ArtifactsPart?
    var summaries: SummariesPart?
    var replaced: [ReplacedRow] = []
}

/// A form with one button.
struct RunButton: PartModel {
    let action: String
    let token: String
    /// Which jobs, of a rerun.
    let jobs: String
    let words: String
    let isDanger: Bool
}

struct AttemptsPart: PartModel {
    let words: String
    let links: [Crumb]
}

/// The end of what a failing job said.
struct FailurePart: PartModel {
    let job: String
    let step: String
    let link: String
    let lines: [ExcerptLine]
}

struct ExcerptLine: PartModel {
    let number: Int64
    let link: String
    let text: String
    /// `said` of the error itself.
    let mark: String
}

struct WaitPart: PartModel {
    let jobs: String
    let why: String
}

struct GatePart: PartModel {
    let name: String
    /// A review is due; else the wait timer alone.
    let needsReview: Bool
    /// Who looks is one of those who may give it.
    let mayReview: Bool
    let reviewers: String
    let approve: String
    let reject: String
    let token: String
}

struct ArtifactsPart: PartModel {
    let rows: [ArtifactRow]
}

struct ArtifactRow: PartModel {
    let name: String
    let link: String
    let size: String
    let isExpired: Bool
    /// When it expires, or did.
    let expires: String
    let digest: String
}

/// An action that jobs used in the place of another (`actions.replace`).
struct ReplacedRow: PartModel {
    let from: String
    let to: String
}

struct ComparedPart: PartModel {
    let before: Int64
    let after: Int64
    let rows: [ComparedRow]
}

struct ComparedRow: PartModel {
    let name: String
    let before: String
    let after: String
    let longer: String
}

struct AnnotationsPart: PartModel {
    let count: String
    let rows: [AnnotationRow]
}

struct AnnotationRow: PartModel {
    let kind: String
    /// `file:line`; nil without a file.
    let place: String?
    let title: String?
    let words: String
    let job: String
    /// To the line of the log that says it.
    let link: String
}

struct SummariesPart: PartModel {
    let parts: [RunSummaryPart]
}

struct RunSummaryPart: PartModel {
    let id: String
    let name: String
    let isOpen: Bool
    let html: SanitisedHTML
    /// Shown as text.
    let isPlain: Bool
    /// There is more than is shown.
    let isCut: Bool
    /// To all of it.
    let link: String
}

/// Text at a place of an SVG.
struct GraphPart: PartModel {
    let width: Int
    let height: Int
    let isEdgeless: Bool
    let edges: [GraphEdgePart]
    let boxes: [GraphBoxPart]
}

struct GraphEdgePart: PartModel {
    let path: String
}

struct GraphBoxPart: PartModel {
    let link: String
    let status: String
    /// `frame` around the jobs of a called workflow.
    let kind: String
    let label: String
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    let iconX: Int
    let iconY: Int
    let textX: Int
    let textY: Int
    let endX: Int
    let name: String
    let time: String
    let legs: [GraphLegPart]
}

struct GraphLegPart: PartModel {
    let link: String
    let status: String
    let label: String
    let iconX: Int
    let iconY: Int
    let textX: Int
    let textY: Int
    let name: String
}

/// Jobs with their waterfall.
struct JobListPart: PartModel {
    let ticks: [TickPart]
    let groups: [JobGroupPart]
}

struct TickPart: PartModel {
    /// In percent of the axis.
    let x: String
    let words: String
}

struct JobGroupPart: PartModel {
    /// Of the legs of a matrix.
    let summary: GroupSummaryPart?
    let lines: [JobLine]
}

struct GroupSummaryPart: PartModel {
    let id: String
    let isOpen: Bool
    let status: String
    let name: String
    let counts: String
}

struct BarPart: PartModel {
    let waitX: Int
    let waitWidth: Int
    let runX: Int
    let runWidth: Int
    /// What it shows, for who does not see it.
    let words: String
    let status: String

    init(waitX: Int, waitWidth: Int, runX: Int, runWidth: Int, words: String, status: String) {
        (self.waitX, self.waitWidth, self.runX, self.runWidth) = (waitX, waitWidth, runX, runWidth)
        (self.words, self.status) = (words, status)
    }

    init(_ bar: Waterfall.Bar, words: String, status: String) {
        self.init(
            waitX: bar.waitFrom, waitWidth: bar.waitWidth, runX: bar.runFrom, runWidth: bar.runWidth, words: words,
            status: status)
    }
}

struct JobLine: PartModel {
    let id: Int64
    let link: String
    let status: String
    let name: String
    let times: String
    let bar: BarPart
    let why: String?
    let problem: String?
    let steps: StepsPart?
}

struct StepsPart: PartModel {
    let id: String
    let words: String
    let lines: [StepLine]
}

struct StepLine: PartModel {
    let status: String
    let name: String
    let times: String
    let bar: BarPart
}
