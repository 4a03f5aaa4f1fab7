import Domain
import Postgres
import Web

/// Workflows as GitHub's clients name them: by a number, or by the file's name as in `/api/v1`.
enum GitHubWorkflowRoutes {
    private static let base = GitHubRoutes.actions + "/workflows"
    private static let one = base + "/{workflow_id}"
    private static let missing: [AnswerShape] = [.failure(404)]

    static let all: [Endpoint] = [
        GitHubRoutes.endpoint(
            .get, base, .repository(.read, needsToken: true), query: GitHubRoutes.pageParameters,
            answers: [.json(200, GitHubWorkflowList.self)] + missing, "List the workflows of the default branch."
        ) { request, place, app in
            let all = try WorkflowRoutes.answers(place, request, app) { $0 }
            let page = GitHubRoutes.page(request)
            let at = GitHubPlace(request, place, app)
            let shown = all.dropFirst(Int(page.part.offset)).prefix(Int(page.part.limit))
            return try .json(
                200, GitHubWorkflowList(total_count: all.count, workflows: shown.map { GitHubWorkflow($0, at: at) }),
                headers: page.headers(total: Int64(all.count), base: at.base, request: request))
        },
        GitHubRoutes.endpoint(
            .get, one, .repository(.read, needsToken: true), answers: [.json(200, GitHubWorkflow.self)] + missing,
            "Show a workflow."
        ) { request, place, app in
            try .json(
                200,
                GitHubWorkflow(
                    try WorkflowRoutes.workflow(named(request, place, app), place, app),
                    at: GitHubPlace(request, place, app)))
        },
        GitHubRoutes.endpoint(
            .put, one + "/enable", .repository(.write), answers: [.none(204)] + missing, "Let a workflow start again."
        ) { request, place, app in
            try WorkflowRoutes.setDisabled(false, named(request, place, app), place, app)
        },
        GitHubRoutes.endpoint(
            .put, one + "/disable", .repository(.write), answers: [.none(204)] + missing,
            "Let a workflow start by no event."
        ) { request, place, app in
            try WorkflowRoutes.setDisabled(true, named(request, place, app), place, app)
        },
        GitHubRoutes.endpoint(
            .get, one + "/runs", .repository(.read, needsToken: true), query: GitHubRoutes.runParameters,
            answers: [.json(200, GitHubRunList.self), .failure(400)] + missing, "List the runs of a workflow."
        ) { request, place, app in
            let file = try WorkflowRoutes.workflow(named(request, place, app), place, app).id
            return try GitHubRoutes.list(runsOf: file, request, place, app)
        },
        Endpoint(
            .post, one + "/dispatches", .repository(.write), scope: .repository,
            reading: JSONBody<GitHubDispatch>(orElse: "send {\"ref\": \"main\", \"inputs\": {\"name\": \"value\"}}"),
            answers: [.json(200, DispatchAnswer.self), .none(204), .failure(403), .failure(404), .failure(422)],
            "Start a workflow that lists workflow_dispatch."
        ) { request, place, body, app in
            let file = try WorkflowRoutes.file(named(request, place, app))
            let sent = try body()
            guard let ref = sent.ref, !ref.isEmpty, !ref.utf8.contains(0) else {
                throw Failure(.invalid, "ref is missing; send the name of a branch or tag")
            }
            let inputs = (sent.inputs ?? [:]).compactMapValues { $0?.text }
            let run = try Dispatch(app: app, place: place, workflow: file).start(ref: ref, inputs: inputs)
            guard sent.return_run_details == true else { return GitHubRoutes.marked(.noContent, request) }
            return GitHubRoutes.marked(
                try .json(200, DispatchAnswer(run, in: place.repository, base: app.base(of: request))), request)
        },
    ]

    /// The request with the file's name in the place of its number.
    private static func named(_ request: Request, _ place: InRepository, _ app: App) throws -> Request {
        guard let number = request.int("workflow_id") else { return request }
        let all = try WorkflowRoutes.answers(place, request, app) { entries in
            entries.filter { workflowNumber(workflowID(ofPath: $0.path, app.configuration.workflows)) == number }
        }
        guard let file = all.first?.id else { throw Failure(.missing, "not found") }
        var request = request
        request.path["workflow_id"] = file
        return request
    }
}

struct GitHubDispatch: Described, Decodable {
    let ref: String?
    let inputs: [String: InputValue?]?
    let return_run_details: Bool?
    static let example = GitHubDispatch(ref: "main", inputs: ["level": InputValue(text: "3")], return_run_details: true)
}

struct GitHubWorkflow: Described {
    let id: Int64
    let node_id: String
    let name: String
    let path: String
    let state: String
    let created_at: String
    let updated_at: String
    let url: String
    let html_url: String
    let badge_url: String

    init(_ workflow: WorkflowAnswer, at place: GitHubPlace) {
        id = workflowNumber(workflow.id)
        node_id = "workflow-\(id)"
        name = workflow.name
        path = workflow.path
        state = workflow.state
        created_at = workflow.created_at
        updated_at = workflow.updated_at
        url = "\(place.api)/actions/workflows/\(id)"
        html_url = workflow.html_url
        badge_url = workflow.badge_url
    }
    static let example = GitHubWorkflow(.example, at: .example)
}

struct GitHubWorkflowList: Described {
    let total_count: Int
    let workflows: [GitHubWorkflow]
    static let example = GitHubWorkflowList(total_count: 1, workflows: [.example])
}
