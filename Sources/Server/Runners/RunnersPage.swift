/// The page of all runners, or of those of a repository.
struct RunnersPage: PageModel {
    static let template = Template.runnersPage

    let head: PageHead
    let total: Int64
    let hasNone: Bool
    let runners: [RunnerRow]
    /// The number of the next page.
    let next: Int?
}

struct RunnerRow: PartModel {
    let id: Int64
    let name: String
    let version: String
    let status: String
    let labels: String
    let place: String
    let isDisabled: Bool
    let isEphemeral: Bool
    let jobs: [RunnerJobLink]
    /// Why it does nothing.
    let why: String?
}

struct RunnerJobLink: PartModel {
    let link: String
    let repository: String
    let number: Int64
    let name: String
}
