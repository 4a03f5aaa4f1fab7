import Domain
import Postgres
import Web

/// What a repository is: its name, who sees it, its default branch.
struct GeneralPage: PageModel {
    static let template = Template.general

    let head: PageHead
    let action: String
    let token: String
    let problem: String?
    let name: String
    let description: String
    let website: String
    let branches: [OptionPart]
    let isPrivate: Bool
    let hasActions: Bool
    let isArchived: Bool
    /// The form was sent and is done.
    let isSaved: Bool
    /// Nil of whoever may not remove it.
    let remove: String?
    let removal: RemovalPart?
}

/// The first page of a repository's settings.
enum GeneralPages {
    private static let path = "/{owner}/{repo}/settings"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.admin),
            query: [
                QueryParameter("remove", "whether its removal is to be asked for"),
                QueryParameter("saved", "whether a form was saved just now"),
            ], answers: [.page, .failure(404)], "Show the settings of a repository."
        ) { request, place, app in
            try page(request, place, Typed(place.repository), app, isRemoval: request.given("remove") != nil).response()
        },
        Endpoint.form(path, .repository(.admin), "Change the settings of a repository.", save),
        Endpoint.form(
            path + "/remove", .repository(.owner), "Delete a repository with its runs, logs and artifacts."
        ) { request, place, form, app in
            guard RemovalPart.isConfirmed(form), form["name"] == place.repository.fullName else {
                return try page(
                    request, place, Typed(place.repository), app, isRemoval: true, removalProblem: RemovalPart.mismatch
                ).response(422)
            }
            try RepositoryRoutes.delete(place, app)
            return .seeOther("/")
        },
    ]

    private struct Typed {
        var name: String
        var description: String
        var website: String
        var branch: String
        var isPrivate: Bool
        var hasActions: Bool
        var isArchived: Bool
        var problem: String?

        init(_ repository: Repository) {
            name = repository.name
            description = repository.details.description
            website = repository.details.website
            branch = repository.defaultBranch
            isPrivate = repository.facts.isPrivate
            hasActions = repository.details.hasActions
            isArchived = repository.details.isArchived
        }

        init(_ form: Form) {
            name = form.given("name") ?? ""
            description = form.given("description") ?? ""
            website = form.given("website") ?? ""
            branch = form["branch"] ?? ""
            isPrivate = form["private"] == "true"
            hasActions = form["actions"] == "true"
            isArchived = form["archived"] == "true"
        }
    }

    private static func page(
        _ request: Request, _ place: InRepository, _ typed: Typed, _ app: App, isRemoval: Bool = false,
        removalProblem: String? = nil
    ) throws -> GeneralPage {
        let address = "/\(place.repository.fullName)/settings"
        let mayRemove =
            authorize(place.caller.principal, .owner, of: .contents, on: place.repository.facts) == .allowed
        let isEmpty = RepositoryFiles(configuration: app.configuration).isEmpty(place.id)
        let refs = isEmpty ? [] : try GitView(place, request, app).refs("refs/heads/", sort: "-committerdate")
        var branches = refs.prefix(WorkflowPageLimits.refsMax).map { shortRef($0.name).name }
        if !branches.contains(typed.branch) { branches.insert(typed.branch, at: 0) }
        return GeneralPage(
            head: place.head("Settings of \(place.repository.fullName)", section: .general), action: address,
            token: place.caller.formToken, problem: typed.problem, name: typed.name, description: typed.description,
            website: typed.website, branches: branches.map { OptionPart(value: $0, isChosen: $0 == typed.branch) },
            isPrivate: typed.isPrivate, hasActions: typed.hasActions, isArchived: typed.isArchived,
            isSaved: request.given("saved") != nil, remove: mayRemove ? "\(address)?remove=1#removal" : nil,
            removal: mayRemove && isRemoval
                ? RemovalPart(
                    action: "\(address)/remove", token: place.caller.formToken,
                    what: "the repository \(place.repository.fullName)", name: place.repository.fullName,
                    consequence: "Its commits, runs, logs and artifacts go with it, for good.",
                    problem: removalProblem, back: address) : nil)
    }

    @Sendable private static func save(
        _ request: Request, _ place: InRepository, _ form: Form, _ app: App
    ) throws -> Response {
        var typed = Typed(form)
        var edit = RepositoryEdit()
        let now = place.repository
        // What stays as it is is not asked for: an archived repository can be opened again, and no more.
        edit.name = typed.name == now.name ? nil : typed.name
        edit.description = typed.description
        edit.website = typed.website
        edit.private = typed.isPrivate
        edit.default_branch = typed.branch == now.defaultBranch ? nil : typed.branch
        edit.has_actions = typed.hasActions
        edit.archived = typed.isArchived
        do {
            try RepositoryRoutes.change(place, edit.change(), app)
        } catch let failure as Failure where [.invalid, .conflict].contains(failure.kind) {
            typed.problem = failure.message
            return try page(request, place, typed, app).response(422)
        }
        return .seeOther("/\(now.ownerName)/\(typed.name)/settings?saved=1")
    }
}
