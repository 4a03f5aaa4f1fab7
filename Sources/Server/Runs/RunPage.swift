/// The page of one run.
struct RunPage: PageModel {
    static let template = Template.runPage

    let head: PageHead
    let number: Int64
    let workflow: String
    let ref: String
    let sha: String
    let actor: String
    let status: String
    let problem: String?
    let warnings: String?
    /// Environments that jobs of the run wait for.
    let gates: [GatePart]
    let hasArtifacts: Bool
    let artifacts: [ArtifactRow]
    let replaced: [ReplacedRow]
    let jobs: [JobPart]
}

struct GatePart: PartModel {
    let name: String
    /// A review is due; else the wait timer alone.
    let needsReview: Bool
    let reviewers: String
    let approve: String
    let reject: String
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

/// The page of a repository's runs.
struct RunListPage: PageModel {
    static let template = Template.runList

    let head: PageHead
    /// Pushes that could not be read.
    let putAside: [PutAsidePush]
    let runs: [RunRow]
}

struct PutAsidePush: PartModel {
    let ref: String
    let sha: String
    let pushedAt: String
    let reason: String
}

struct RunRow: PartModel {
    let link: String
    let number: Int64
    let status: String
    let name: String
    let workflow: String
    let ref: String
    let actor: String
}
