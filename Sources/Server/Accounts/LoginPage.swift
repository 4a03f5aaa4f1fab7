/// The page by which a person logs in.
struct LoginPage: PageModel {
    static let template = Template.login

    let head: PageHead
    let token: String
    /// The path that the log-in goes on to; "" for the dashboard.
    let to: String
    /// The name that was typed.
    let user: String
    let problem: String?
    let provider: LoginProviderLink?
}

/// Another server that says who somebody is.
struct LoginProviderLink: PartModel {
    let name: String
    let link: String
}

/// The page that leads to the other server, to join an account with who somebody is there.
struct LinkPage: PageModel {
    static let template = Template.link

    let head: PageHead
    let name: String
    let link: String
}

/// The page by which a person changes the password.
struct PasswordPage: PageModel {
    static let template = Template.password

    let head: PageHead
    let token: String
    let to: String
    /// Nothing else is shown to them before they have changed it.
    let isOwed: Bool
    let user: String
    /// What is wrong with which field.
    let oldProblem: String?
    let newProblem: String?
    let againProblem: String?
}
