import Domain
import Postgres
import Web

enum WorkflowPageLimits {
    static let runsMax: Int64 = 20
    /// Branches and tags that the form offers, those with the newest commits first.
    static let refsMax = 100
}

/// The page of a workflow, its badge, and what its forms do (rest.md 5).
enum WorkflowPages {
    private static let path = "/{owner}/{repo}/actions/workflows/{workflow_id}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.read), query: [QueryParameter("ref", "the branch or tag whose inputs are shown")],
            answers: [.page, .failure(404)], "Show a workflow, its runs, and the form that starts it."
        ) { request, place, app in try page(request, place, app).response() },
        Endpoint(
            .get, path + "/badge.svg", .repository(.read),
            query: [
                QueryParameter("branch", "of this branch; else of the default one"),
                QueryParameter("event", "only runs by this event"),
            ], answers: [.media(200, "image/svg+xml"), .failure(404)], "Show the status of the newest run as an image.",
            badge),
        Endpoint.form(path + "/enable", .repository(.write), "Let a workflow start again.") { request, place, _, app in
            _ = try WorkflowRoutes.setDisabled(false, request, place, app)
            return .seeOther(address(try WorkflowRoutes.file(request), in: place.repository))
        },
        Endpoint.form(
            path + "/disable", .repository(.write), "Let a workflow start by no event; runs that there are go on."
        ) { request, place, _, app in
            _ = try WorkflowRoutes.setDisabled(true, request, place, app)
            return .seeOther(address(try WorkflowRoutes.file(request), in: place.repository))
        },
        Endpoint.form(
            path + "/dispatch", .repository(.write), "Start a workflow with the inputs of its form.", dispatch),
    ]

    static func address(_ workflow: String, in repository: Repository) -> String {
        "/\(repository.fullName)/actions/workflows/\(percentEncoded(workflow))"
    }

    // MARK: page

    /// - Parameter sent: a form that comes back, with what is wrong with it.
    private static func page(
        _ request: Request, _ place: InRepository, _ app: App,
        sent: (ref: String, inputs: [String: String], problem: String)? = nil
    ) throws -> WorkflowPage {
        let id = try WorkflowRoutes.file(request)
        let known = try WorkflowRoutes.answers(place, request, app) {
            $0.filter { workflowID(ofPath: $0.path, app.configuration.workflows) == id }
        }.first
        var filter = RunFilter()
        filter.workflowID = id
        let runs = try app.views.runs(
            .repository(place.id), filter, ListPart(limit: WorkflowPageLimits.runsMax))
        guard known != nil || !runs.isEmpty else {
            throw Failure(.missing, "there is no workflow \"\(id)\" in \(place.repository.fullName)")
        }
        let address = address(id, in: place.repository)
        let mayWrite = authorize(place.caller.principal, .write, of: .actions, on: place.repository.facts) == .allowed
        let isDisabled = known.map { $0.state != "active" } ?? false
        let branch = percentEncoded(place.repository.defaultBranch)
        let base = app.base(of: request)
        return WorkflowPage(
            head: place.head(
                known?.name ?? id, tab: .actions,
                under: [Crumb(name: "Actions", link: "/\(place.repository.fullName)/actions")]),
            path: known?.path, isDisabled: isDisabled, badge: "\(address)/badge.svg",
            badgeMarkdown: "[![\(id)](\(base)\(address)/badge.svg?branch=\(branch))](\(base)\(address))",
            schedules: known?.schedules.map { SchedulePart(words: $0.words) } ?? [],
            change: known != nil && mayWrite
                ? WorkflowChangePart(
                    action: "\(address)/\(isDisabled ? "enable" : "disable")", token: place.caller.formToken,
                    words: isDisabled ? "Enable workflow" : "Disable workflow") : nil,
            dispatch: known != nil && mayWrite && !isDisabled && place.repository.details.mayStart
                ? try form(id, request, place, app, sent) : nil,
            runs: runs.map { RunLine($0, in: place.repository, at: request.now) },
            all: "/\(place.repository.fullName)/actions?workflow=\(percentEncoded(id))", hasNone: runs.isEmpty)
    }

    private static func form(
        _ id: String, _ request: Request, _ place: InRepository, _ app: App,
        _ sent: (ref: String, inputs: [String: String], problem: String)?
    ) throws -> DispatchFormPart? {
        let wanted = sent?.ref ?? request.given("ref") ?? place.repository.defaultBranch
        let ref = wanted.utf8.contains(0) ? "" : wanted
        var declared: [DispatchInput] = []
        var obstacle: String?
        do { declared = try Dispatch(app: app, place: place, workflow: id).declared(by: ref).inputs } catch let failure
            as Failure where [.missing, .invalid].contains(failure.kind)
        {
            obstacle = failure.message
        }
        let view = GitView(place, request, app)
        var refs: [String] = []
        for kind in ["refs/heads/", "refs/tags/"] {
            refs += try view.refs(kind, sort: "-creatordate").prefix(WorkflowPageLimits.refsMax).map {
                shortRef($0.name).name
            }
        }
        if !refs.contains(ref) { refs.insert(ref, at: 0) }
        let environments = try declared.contains { $0.kind == .environment } ? names(ofEnvironments: place, app) : []
        let fields = DispatchFieldsPart(
            action: "\(address(id, in: place.repository))/dispatch", token: place.caller.formToken, ref: ref,
            inputs: declared.enumerated().map { index, input in
                DispatchInputPart(
                    input, id: "input-\(index)", value: sent?.inputs[input.name] ?? input.fallback ?? "",
                    environments: environments)
            }, problem: sent?.problem)
        return DispatchFormPart(
            refs: refs.map { OptionPart(value: $0, isChosen: $0 == ref) }, obstacle: obstacle,
            fields: obstacle == nil ? fields : nil)
    }

    private static func names(ofEnvironments place: InRepository, _ app: App) throws -> [String] {
        try app.environments.list(of: place.id, ListPart(limit: Int64(WorkflowPageLimits.refsMax))).map(\.name)
    }

    @Sendable private static func dispatch(
        _ request: Request, _ place: InRepository, _ form: Form, _ app: App
    ) throws -> Response {
        let id = try WorkflowRoutes.file(request)
        let ref = form.given("ref") ?? place.repository.defaultBranch
        var inputs: [String: String] = [:]
        // Of a check box there are two fields, the second only when it is set: the last counts.
        for (name, value) in form.fields where name.hasPrefix("inputs[") && name.hasSuffix("]") {
            inputs[String(name.dropFirst("inputs[".count).dropLast())] = value
        }
        do {
            let run = try Dispatch(app: app, place: place, workflow: id).start(ref: ref, inputs: inputs)
            return .seeOther("/\(place.repository.fullName)/actions/runs/\(run)")
        } catch let failure as Failure where [.invalid, .conflict, .forbidden, .missing].contains(failure.kind) {
            return try page(request, place, app, sent: (ref, inputs, failure.message)).response(422)
        }
    }

    // MARK: badge

    @Sendable private static func badge(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let id = try WorkflowRoutes.file(request)
        for value in [request.given("branch"), request.given("event")] where value?.utf8.contains(0) == true {
            throw Failure(.missing, "not found")
        }
        let known = try WorkflowRoutes.answers(place, request, app) {
            $0.filter { workflowID(ofPath: $0.path, app.configuration.workflows) == id }
        }.first
        let branch = request.given("branch") ?? place.repository.defaultBranch
        let run = try app.views.newest(
            of: id, on: branch.hasPrefix("refs/") ? branch : "refs/heads/\(branch)", event: request.given("event"),
            in: place.id)
        guard known != nil || run != nil else { throw Failure(.missing, "not found") }
        let badge = Badge(workflow: known?.name ?? id, status: run?.status)
        return Response(
            200, type: "image/svg+xml", body: Array(badge.svg.utf8),
            headers: [
                // A page elsewhere is to show the status of now.
                (name: "Cache-Control", value: "no-cache, private"), (name: "X-Content-Type-Options", value: "nosniff"),
                (name: "Content-Security-Policy", value: "default-src 'none'"),
            ])
    }
}

extension DispatchInputPart {
    init(_ input: DispatchInput, id: String, value: String, environments: [String]) {
        let choices = input.kind == .environment ? environments : input.options
        let isChoice = input.kind == .choice || input.kind == .environment && !environments.isEmpty
        self.init(
            id: id, field: "inputs[\(input.name)]", name: input.name, description: input.description.shown,
            value: value, isRequired: input.isRequired,
            isText: input.kind == .string || input.kind == .environment && !isChoice,
            isNumber: input.kind == .number, isFlag: input.kind == .boolean, isSet: value == "true",
            isChoice: isChoice,
            options: (isChoice && !input.isRequired && value.isEmpty && !choices.contains("") ? [""] : []).map {
                OptionPart(value: $0, isChosen: true)
            } + (isChoice ? choices : []).map { OptionPart(value: $0, isChosen: $0 == value) })
    }
}

extension ScheduleAnswer {
    /// One line for people.
    var words: String {
        let zone = timezone.isEmpty ? "" : " (\(timezone))"
        return "Schedule \"\(cron)\"\(zone): \(next_run_at.value.map { "starts next at \($0)" } ?? "never starts")"
    }
}
