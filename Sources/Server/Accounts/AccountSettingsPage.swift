import Domain

/// The page of one's name and mail address.
struct ProfilePage: PageModel {
    static let template = Template.profile

    let head: PageHead
    let token: String
    let name: String
    let isSaved: Bool
    let fullName: String
    let fullNameProblem: String?
    let email: String
    let emailProblem: String?
    /// Nil: nobody logs in by another server.
    let identity: IdentityPart?
}

struct IdentityPart: PartModel {
    let provider: String
    let isLinked: Bool
    /// What one is called there.
    let there: String?
    let action: String
    let token: String
}

/// The page of where one is logged in.
struct SessionsPage: PageModel {
    static let template = Template.sessions

    let head: PageHead
    let token: String
    let sessions: [SessionRow]
}

struct SessionRow: PartModel {
    let browser: String
    let userAgent: String
    let address: String
    let begunAt: TimePart
    let seenAt: TimePart
    /// It is the one that the page is shown in.
    let isHere: Bool
    let end: String
    /// Of its form.
    let token: String
}

/// The page of one's access tokens.
struct TokensPage: PageModel {
    static let template = Template.tokens

    let head: PageHead
    let token: String
    /// A token that was just made: this page alone shows it.
    let made: String?
    let name: String
    let nameProblem: String?
    let scopesProblem: String?
    let scopes: [ScopeChoice]
    let hasNone: Bool
    let tokens: [TokenRow]
}

struct ScopeChoice: PartModel {
    let value: String
    let words: String
    let isChosen: Bool
}

struct TokenRow: PartModel {
    let name: String
    let end: String
    let scopes: String
    let madeAt: TimePart
    let usedAt: TimePart?
    let expires: String?
    let delete: String
    /// Of its form.
    let token: String
}

extension TokenScopes {
    /// What the form of a token offers: the scopes that routes of this server ask for.
    static let choices: [(word: String, words: String)] = [
        ("read:repository", "Read repositories, runs, logs and artifacts"),
        ("write:repository", "Change them: push, start and cancel runs, secrets and variables"),
        ("read:organization", "Read organizations and their teams"),
        ("write:organization", "Change them, with their secrets, variables and runners"),
        ("read:user", "Read your profile, settings and runners"),
        ("write:user", "Change them"),
        ("read:admin", "Read what site administrators see"),
        ("write:admin", "Do what site administrators may"),
        ("all", "Everything that you may do"),
        ("public-only", "Only of what everybody sees"),
    ]
}
