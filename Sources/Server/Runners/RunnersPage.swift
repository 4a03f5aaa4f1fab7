/// The page of all runners, or of those of a repository.
struct RunnersPage: PageModel {
    static let template = Template.runnersPage

    let head: PageHead
    /// Where the page is.
    let address: String
    let token: String
    let total: Int64
    let hasNone: Bool
    let hasRunners: Bool
    let runners: [RunnerRow]
    /// The number of the next page.
    let next: Int?
    /// Whether this is the page of one place, whose runners need no word for it.
    let isEverywhere: Bool
    /// How to add one; nil until somebody asks for it.
    let registration: RegistrationPart?
    let removal: RemovalPart?
}

struct RunnerRow: PartModel {
    let id: Int64
    let name: String
    let version: String
    let status: String
    let labels: [RunnerLabelPart]
    /// Nil on the page of one place.
    let place: String?
    /// Of the page, and of its forms.
    let address: String
    let token: String
    let seen: TimePart?
    let isDisabled: Bool
    let isEphemeral: Bool
    let jobs: [RunnerJobLink]
    /// Why it does nothing.
    let why: String?
}

struct RunnerLabelPart: PartModel {
    let label: String
}

struct RunnerJobLink: PartModel {
    let link: String
    let repository: String
    let number: Int64
    let name: String
}

/// The commands that add a runner here.
struct RegistrationPart: PartModel {
    let token: String
    let commands: [RegistrationCommand]
}

struct RegistrationCommand: PartModel {
    let runner: String
    let command: String
}

/// The page of what waits.
struct QueuePage: PageModel {
    static let template = Template.queuePage

    let head: PageHead
    let hasNone: Bool
    let hasRows: Bool
    let rows: [QueueRow]
}

struct QueueRow: PartModel {
    let labels: [RunnerLabelPart]
    /// `12`, or `1000+` when nobody counted on.
    let waiting: String
    let oldest: TimePart
    let runners: String
    let why: String
}
