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
                emailProblem: text("email problem"),
                identity: IdentityPart(
                    provider: text("provider"), isLinked: true, there: text("there"), action: text("identity action"),
                    token: text("identity token"))),
            LinkPage(head: head(text), name: text("provider"), link: text("provider link")),
            AdminPage(
                head: head(text), problems: [AdminProblem(problem: text("problem"))],
                facts: [AdminFact(words: text("fact"), value: text("value"), link: text("fact link"))],
                queue: [
                    AdminQueueRow(
                        labels: text("labels"), waiting: text("waiting"), oldest: time(text), reason: text("reason"))
                ], isQueueEmpty: false,
                instances: [
                    InstanceRow(
                        name: text("instance"), isHere: true, startedAt: time(text), seenAt: time(text), isSilent: true,
                        sweepCount: 3, sweeps: [SweepRow(sweep: text("sweep"), problem: text("sweep problem"))])
                ]),
            AdminUsersPage(
                head: head(text), q: text("q"), total: 3,
                users: [
                    AdminUserRow(
                        name: text("name"), fullName: text("full name"), email: text("email"), isAdmin: true,
                        isDisabled: true, isSelf: false, loggedInAt: time(text), action: text("action"),
                        token: text("user token"))
                ], next: text("next")),
            MembersPage(
                head: head(text), token: text("form token"), owner: text("owner"), ownerLink: text("owner link"),
                hasNone: true,
                members: [
                    MemberRow(
                        name: text("name"), fullName: text("full name"), link: text("link"),
                        choices: [PermissionChoice(word: text("word"), words: text("words"), isChosen: true)],
                        action: text("member action"), remove: text("remove"), token: text("member token"))
                ], hasTeams: true, teams: [TeamRow(name: text("team"), permission: text("team permission"))],
                action: text("action"), user: text("user"), userProblem: text("user problem"),
                permissions: [PermissionChoice(word: text("new word"), words: text("new words"), isChosen: true)]),
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
            emailProblem: nil, identity: nil),
        LinkPage(head: emptyHead, name: "", link: ""),
        AdminPage(head: emptyHead, problems: [], facts: [], queue: [], isQueueEmpty: true, instances: []),
        AdminUsersPage(head: emptyHead, q: "", total: 0, users: [], next: nil),
        MembersPage(
            head: emptyHead, token: "", owner: "", ownerLink: "", hasNone: false, members: [], hasTeams: false,
            teams: [],
            action: "", user: "", userProblem: nil, permissions: []),
        SessionsPage(head: emptyHead, token: "", sessions: []),
        TokensPage(
            head: emptyHead, token: "", made: nil, name: "", nameProblem: nil, scopesProblem: nil, scopes: [],
            hasNone: false, tokens: []),
    ]
}
