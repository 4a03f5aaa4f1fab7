@testable import Server

extension PageSamples {
    static func line(_ text: (String) -> String) -> RunLine {
        RunLine(
            link: text("run link"), repository: text("its repository"), number: 3, title: text("run title"),
            workflow: text("run workflow"), branch: text("branch"), status: text("run status"), at: time(text),
            why: text("why"))
    }
    private static func newest(_ text: (String) -> String) -> NewestRun {
        NewestRun(
            link: text("newest"), number: 5, title: text("newest title"), branch: text("its branch"),
            status: text("newest status"), at: time(text))
    }
    private static func row(_ text: (String) -> String) -> RepositoryRow {
        RepositoryRow(
            name: text("repository"), link: text("repository link"), description: text("description"),
            isPrivate: true, isArchived: true, newest: newest(text))
    }
    static func repositories(_ text: (String) -> String) -> [any PageModel] {
        [
            DashboardPage(
                head: head(text), isNobody: true, groups: [RunGroupPart(title: text("group"), runs: [line(text)])],
                isQuiet: true, repositories: [row(text)],
                beginning: BeginningPart(token: text("form token"), problem: text("problem"), name: text("typed")),
                more: text("more")),
            OwnerPage(
                head: head(text), isOrganization: true, fullName: text("full name"), description: text("about"),
                settings: [Crumb(name: text("setting"), link: text("setting link"))], repositories: [row(text)],
                hasNone: true, next: text("next")),
            RepositoryPage(
                head: head(text), description: text("description"), isPrivate: true, isArchived: true,
                clone: text("clone"), teaching: TeachingPart(commands: text("commands")),
                branches: [
                    BranchRow(
                        name: text("branch"), runs: text("runs"), sha: text("sha"), subject: text("subject"),
                        author: text("author"), at: time(text), state: StatePart(status: text("head status")),
                        isDefault: true)
                ], moreBranches: 4,
                workflows: [
                    WorkflowRow(
                        name: text("workflow"), link: text("workflow link"), path: text("path"), isDisabled: true,
                        newest: newest(text))
                ]),
            GeneralPage(
                head: head(text), action: text("action"), token: text("general token"), problem: text("problem"),
                name: text("name"), description: text("description"), website: text("website"),
                branches: [OptionPart(value: text("branch"), isChosen: true)], isPrivate: true, hasActions: true,
                isArchived: true, isSaved: true, remove: text("remove"), removal: removal(text)),
        ]
    }
    static let emptyRepositories: [any PageModel] = [
        DashboardPage(
            head: emptyHead, isNobody: false, groups: [], isQuiet: false, repositories: [], beginning: nil, more: nil),
        OwnerPage(
            head: emptyHead, isOrganization: false, fullName: nil, description: nil, settings: [], repositories: [],
            hasNone: false,
            next: nil),
        RepositoryPage(
            head: emptyHead, description: nil, isPrivate: false, isArchived: false, clone: "", teaching: nil,
            branches: [], moreBranches: nil, workflows: []),
        GeneralPage(
            head: emptyHead, action: "", token: "", problem: nil, name: "", description: "", website: "", branches: [],
            isPrivate: false, hasActions: false, isArchived: false, isSaved: false, remove: nil, removal: nil),
    ]
}
