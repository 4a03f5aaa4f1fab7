@testable import Server

extension PageSamples {
    static func accounts(_ text: (String) -> String) -> [any PageModel] {
        [
            LoginPage(
                head: head(text), token: text("form token"), to: text("to"), user: text("user"),
                problem: text("problem"),
                provider: LoginProviderLink(name: text("provider"), link: text("provider link"))),
            PasswordPage(
                head: head(text), token: text("form token"), to: text("to"), isOwed: true, user: text("user"),
                oldProblem: text("old problem"), newProblem: text("new problem"), againProblem: text("again problem")),
            ProfilePage(
                head: head(text), token: text("form token"), name: text("name"), isSaved: true,
                fullName: text("full name"), fullNameProblem: text("full name problem"), email: text("email"),
                emailProblem: text("email problem")),
            SessionsPage(
                head: head(text), token: text("form token"),
                sessions: [
                    SessionRow(
                        browser: text("browser"), userAgent: text("user agent"), address: text("address"),
                        begunAt: time(text), seenAt: time(text), isHere: true, end: text("end"),
                        token: text("row token"))
                ]),
            TokensPage(
                head: head(text), token: text("form token"), made: text("made"), name: text("name"),
                nameProblem: text("name problem"), scopesProblem: text("scopes problem"),
                scopes: [ScopeChoice(value: text("scope"), words: text("scope words"), isChosen: true)], hasNone: true,
                tokens: [
                    TokenRow(
                        name: text("token name"), end: text("token end"), scopes: text("token scopes"),
                        madeAt: time(text), usedAt: time(text), expires: text("expires"), delete: text("delete"),
                        token: text("row token"))
                ]),
        ]
    }
    static let emptyAccounts: [any PageModel] = [
        LoginPage(head: emptyHead, token: "", to: "", user: "", problem: nil, provider: nil),
        PasswordPage(
            head: emptyHead, token: "", to: "", isOwed: false, user: "", oldProblem: nil, newProblem: nil,
            againProblem: nil),
        ProfilePage(
            head: emptyHead, token: "", name: "", isSaved: false, fullName: "", fullNameProblem: nil, email: "",
            emailProblem: nil),
        SessionsPage(head: emptyHead, token: "", sessions: []),
        TokensPage(
            head: emptyHead, token: "", made: nil, name: "", nameProblem: nil, scopesProblem: nil, scopes: [],
            hasNone: false, tokens: []),
    ]
}
