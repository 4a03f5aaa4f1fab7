/// What a person comes back to: what runs, waits and failed lately in their repositories.
struct DashboardPage: PageModel {
    static let template = Template.dashboard

    let head: PageHead
    /// Nobody is logged in.
    let isNobody: Bool
    let groups: [RunGroupPart]
    /// Nothing runs, waits or failed.
    let isQuiet: Bool
    let repositories: [RepositoryRow]
    /// Whoever has no repository is shown how to begin.
    let beginning: BeginningPart?
    /// All repositories that the viewer sees, when the list shows only some.
    let more: String?
}

struct RunGroupPart: PartModel {
    /// "Running", "Waiting", "Failed since yesterday".
    let title: String
    let runs: [RunLine]
}

/// A run in a list of several repositories.
struct RunLine: PartModel {
    let link: String
    let repository: String
    let number: Int64
    let title: String
    let workflow: String
    let branch: String
    let status: String
    let at: TimePart?
    /// Why it waits; nil of one that does not.
    let why: String?
}

struct RepositoryRow: PartModel {
    let name: String
    let link: String
    let description: String?
    let isPrivate: Bool
    let isArchived: Bool
    let newest: NewestRun?
}

/// The newest run of a repository or workflow, below it.
struct NewestRun: PartModel {
    let link: String
    let number: Int64
    let title: String
    let branch: String
    let status: String
    let at: TimePart?
}

struct BeginningPart: PartModel {
    let token: String
    let problem: String?
    /// What was typed.
    let name: String
}

/// The repositories of a person or an organization.
struct OwnerPage: PageModel {
    static let template = Template.owner

    let head: PageHead
    let isOrganization: Bool
    let fullName: String?
    let description: String?
    /// Of the organization, for whoever owns it.
    let settings: [Crumb]
    let repositories: [RepositoryRow]
    let hasNone: Bool
    /// The address of the next page.
    let next: String?
}

/// A repository: its branches with what is said of their heads, how to clone it, its workflows.
struct RepositoryPage: PageModel {
    static let template = Template.repository

    let head: PageHead
    let description: String?
    let isPrivate: Bool
    let isArchived: Bool
    let clone: String
    /// Nothing was pushed yet.
    let teaching: TeachingPart?
    let branches: [BranchRow]
    let moreBranches: Int?
    let workflows: [WorkflowRow]
}

/// What to copy for a first run.
struct TeachingPart: PartModel {
    let commands: String
}

struct BranchRow: PartModel {
    let name: String
    let runs: String
    let sha: String
    let subject: String
    let author: String
    let at: TimePart
    /// Nil: no run is of its head.
    let state: StatePart?
    let isDefault: Bool
}

/// A status where one may be missing.
struct StatePart: PartModel {
    let status: String
}

struct WorkflowRow: PartModel {
    let name: String
    let link: String
    let path: String
    let isDisabled: Bool
    let newest: NewestRun?
}
