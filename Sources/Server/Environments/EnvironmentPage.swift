/// The environments of a repository.
struct EnvironmentListPage: PageModel {
    static let template = Template.environments

    let head: PageHead
    let rows: [EnvironmentRow]
    let hasNone: Bool
    let form: NewEnvironmentPart
}

struct EnvironmentRow: PartModel {
    let name: String
    let link: String
    /// Its rules in words.
    let rules: String
}

struct NewEnvironmentPart: PartModel {
    let action: String
    let token: String
    let name: String
    let problem: String?
}

/// One environment: its rules, and the way to its secrets and variables.
struct EnvironmentPage: PageModel {
    static let template = Template.environment

    let head: PageHead
    let action: String
    let token: String
    let problem: String?
    let waitMinutes: String
    /// Logins, and teams as `team:name`, with commas between.
    let reviewers: String
    let preventsSelfReview: Bool
    let allowsAll: Bool
    let isByPattern: Bool
    /// A line each; a tag's begins with `tag:`.
    let patterns: String
    let secrets: String
    let variables: String
    let remove: String
    let removal: RemovalPart?
}
