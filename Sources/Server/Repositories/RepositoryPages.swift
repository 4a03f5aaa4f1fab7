import Domain
import Postgres
import Web

enum RepositoryPageLimits {
    /// Runs of each kind on a dashboard.
    static let runsMax: Int64 = 10
    static let repositoriesMax: Int64 = 20
    /// Branches of a repository's page, those with the newest heads.
    static let branchesMax = 20
    static let workflowsMax = 50
}

/// The pages that lead to runs: dashboard, owner, repository.
enum RepositoryPages {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/", .anyone, scope: .repository, answers: [.page],
            "Show what runs, waits and failed lately in the viewer's repositories."
        ) { request, caller, app in try dashboard(request, caller, app).response() },
        Endpoint(
            .get, "/{username}", .anyone, scope: .repository, query: Page.numbered, answers: [.page, .failure(404)],
            "Show the repositories of a person or an organization.", owner),
        Endpoint(
            .get, "/{owner}/{repo}", .repository(.read), answers: [.page, .failure(404)],
            "Show a repository: its branches and workflows.", repository),
        Endpoint.form(
            "/-/repositories", .account, scope: [.user, .repository], "Make a repository of one's own.", create),
    ]

    // MARK: dashboard

    private static func dashboard(
        _ request: Request, _ caller: Caller, _ app: App, typed: String = "", problem: String? = nil
    ) throws -> DashboardPage {
        var filter = RepositoryFilter()
        filter.reader = caller.account
        filter.memberOnly = caller.account
        filter.publicOnly = caller.isPublicOnly
        filter.order = .updated
        filter.isDescending = true
        let limit = RepositoryPageLimits.repositoriesMax
        let repositories = try app.repositoryViews.list(filter, ListPart(limit: limit))
        // A token for what everybody sees tells of nothing else.
        let account = caller.isPublicOnly ? nil : caller.account
        let groups = try account.map { try Self.groups(of: $0, request, caller, app) } ?? []
        return DashboardPage(
            head: PageHead("Dashboard", caller: caller), isNobody: caller.account == nil, groups: groups,
            isQuiet: caller.account != nil && groups.isEmpty,
            repositories: try rows(of: repositories, request, app),
            beginning: caller.account != nil && (repositories.isEmpty || problem != nil)
                ? BeginningPart(token: caller.formToken, problem: problem, name: typed) : nil,
            more: repositories.count == Int(limit) ? caller.person.map { "/\($0.name)" } : nil)
    }

    private static func groups(
        of account: AccountID, _ request: Request, _ caller: Caller, _ app: App
    ) throws -> [RunGroupPart] {
        let yesterday = request.now.adding(seconds: -86_400).microseconds
        let kinds: [(title: String, statuses: [Status])] = [
            ("Running", [.running, .cancelling]), ("Waiting", [.waiting, .blocked]),
            ("Failed since yesterday", [.failure]),
        ]
        return try kinds.compactMap { title, statuses in
            var filter = RunFilter()
            filter.statuses = statuses
            let runs = try app.views.runs(
                .member(account), filter, ListPart(limit: RepositoryPageLimits.runsMax)
            ).filter { statuses != [.failure] || $0.stoppedAt ?? .max > yesterday }
            guard !runs.isEmpty else { return nil }
            let places = try app.repositories.repositories(Set(runs.map(\.repository)))
            let lines = runs.compactMap { run in places[run.repository].map { RunLine(run, in: $0, at: request.now) } }
            return lines.isEmpty ? nil : RunGroupPart(title: title, runs: lines)
        }
    }

    private static func rows(
        of repositories: [Repository], _ request: Request, _ app: App
    ) throws -> [RepositoryRow] {
        let newest = try app.views.newest(of: repositories.map(\.id))
        return repositories.map { repository in
            RepositoryRow(
                name: repository.fullName, link: "/\(repository.fullName)",
                description: repository.details.description.shown, isPrivate: repository.facts.isPrivate,
                isArchived: repository.details.isArchived,
                newest: newest[repository.id].map { NewestRun($0, in: repository, at: request.now) })
        }
    }

    @Sendable private static func create(
        _ request: Request, _ by: ByAccount, _ form: Form, _ app: App
    ) throws -> Response {
        guard let person = by.caller.person else { throw Failure(.forbidden, "this needs an account") }
        let name = form.given("name") ?? ""
        do {
            let wish = RepositoryWish(name: name, private: form["private"] == "true")
            _ = try RepositoryCreation(app: app).create(wish.fresh(for: person.id), ownerName: person.name, author: nil)
        } catch let failure as Failure where [.invalid, .conflict].contains(failure.kind) {
            return try dashboard(request, by.caller, app, typed: name, problem: failure.message).response(422)
        }
        return .seeOther("/\(person.name)/\(name)")
    }

    // MARK: owner

    @Sendable private static func owner(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let account = try app.visibleAccount(request, caller)
        var filter = RepositoryFilter()
        filter.reader = caller.account
        filter.seesAll = caller.isAdmin
        filter.publicOnly = caller.isPublicOnly
        filter.owner = account.id
        filter.order = .updated
        filter.isDescending = true
        let page = Page(request)
        let found = try app.repositoryViews.list(
            filter, ListPart(limit: Int64(page.limit) + 1, offset: page.offsetPart.offset))
        return try OwnerPage(
            head: PageHead(account.name, caller: caller, crumbs: [Crumb(name: account.name, link: "/\(account.name)")]),
            isOrganization: account.isOrganization, fullName: account.fullName.shown,
            description: account.description.shown, settings: settings(of: account, caller, app),
            repositories: rows(of: Array(found.prefix(page.limit)), request, app), hasNone: found.isEmpty,
            next: found.count > page.limit ? "?page=\(page.number + 1)&limit=\(page.limit)" : nil
        ).response()
    }

    private static func settings(of account: Account, _ caller: Caller, _ app: App) throws -> [Crumb] {
        guard account.isOrganization, caller.scopes == nil,
            let view = try app.teams.organization(named: account.name, seenBy: caller.account),
            authorize(caller.principal, .organization(view.facts, .owner)) == .allowed
        else { return [] }
        return ["Secrets", "Variables"].map {
            Crumb(name: $0, link: "/-/organizations/\(account.name)/\($0.lowercased())")
        }
    }

    // MARK: repository

    @Sendable private static func repository(
        _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        let repository = place.repository
        let base = "/\(repository.fullName)"
        let clone = "\(app.base(of: request))/\(repository.fullName).git"
        let view = GitView(place, request, app)
        let isEmpty = RepositoryFiles(configuration: app.configuration).isEmpty(repository.id)
        let refs = isEmpty ? [] : try view.refs("refs/heads/", sort: "-committerdate")
        let shown = Array(refs.prefix(RepositoryPageLimits.branchesMax))
        let commits = Dictionary(
            try view.commits(shown.map(\.id)).map { ($0.id, $0.commit) }, uniquingKeysWith: { first, _ in first })
        let statuses = try app.views.statuses(of: shown.map(\.id), in: repository.id)
        let branches = shown.compactMap { ref -> BranchRow? in
            guard let commit = commits[ref.id] else { return nil }
            let name = shortRef(ref.name).name
            return BranchRow(
                name: name, runs: "\(base)/actions?branch=\(percentEncoded(name))", sha: String(ref.id.prefix(10)),
                subject: cut(commit.message.split(byte: "\n").first.map { String($0) } ?? "", bytesMax: 200),
                author: commit.author.name,
                at: TimePart(Instant(clientSeconds: commit.committer.seconds, nanoseconds: 0), now: request.now),
                state: statuses[ref.id].map { StatePart(status: "\(aggregate($0))") },
                isDefault: name == repository.defaultBranch)
        }
        return try RepositoryPage(
            head: place.head(repository.fullName, tab: .code), description: repository.details.description.shown,
            isPrivate: repository.facts.isPrivate, isArchived: repository.details.isArchived, clone: clone,
            teaching: refs.isEmpty ? TeachingPart(commands: firstPush(to: clone, on: repository.defaultBranch)) : nil,
            branches: branches,
            moreBranches: refs.count > shown.count ? refs.count - shown.count : nil,
            workflows: isEmpty ? [] : workflows(place, request, app)
        ).response()
    }

    private static func workflows(
        _ place: InRepository, _ request: Request, _ app: App
    ) throws -> [WorkflowRow] {
        let found = try WorkflowRoutes.answers(place, request, app) { $0 }.prefix(RepositoryPageLimits.workflowsMax)
        let newest = try app.views.newest(of: found.map(\.id), in: place.id)
        return found.map { workflow in
            WorkflowRow(
                name: workflow.name,
                link: WorkflowPages.address(workflow.id, in: place.repository), path: workflow.path,
                isDisabled: workflow.state != "active",
                newest: newest[workflow.id].map { NewestRun($0, in: place.repository, at: request.now) })
        }
    }
}

/// Commands that put a first workflow into a repository.
///
/// - Parameter clone: its address.
func firstPush(to clone: String, on branch: String) -> String {
    """
    git init -b \(branch)
    mkdir -p .gitea/workflows
    cat > .gitea/workflows/hello.yml <<'END'
    on: [push, workflow_dispatch]
    jobs:
      hello:
        runs-on: ubuntu-latest
        steps:
          - run: echo "Hello from $(hostname)"
    END
    git add .gitea && git commit -m "Add a workflow"
    git remote add origin \(clone)
    git push -u origin \(branch)
    """
}

extension RunLine {
    init(_ run: RunView, in repository: Repository, at now: Instant, why: String? = nil) {
        self.init(
            link: "/\(repository.fullName)/actions/runs/\(run.id)", repository: repository.fullName,
            number: run.number, title: run.title, workflow: run.workflowID, branch: shownRef(run.ref),
            status: "\(run.status)", at: TimePart(run.stoppedAt ?? run.startedAt ?? run.createdAt, now: now), why: why)
    }
}

extension NewestRun {
    init(_ run: RunView, in repository: Repository, at now: Instant) {
        let line = RunLine(run, in: repository, at: now)
        self.init(
            link: line.link, number: line.number, title: line.title, branch: line.branch, status: line.status,
            at: line.at)
    }
}
