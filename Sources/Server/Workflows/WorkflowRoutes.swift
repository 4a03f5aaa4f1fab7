import Domain
import Postgres
import Web

/// REST: the workflow files of a repository's default branch, and what starts them by hand (rest.md 5).
enum WorkflowRoutes {
    private static let base = "/api/v1/repos/{owner}/{repo}/actions/workflows"
    private static let one = base + "/{workflow_id}"

    static let all: [Endpoint] = [
        Endpoint(
            .get, base, .repository(.read, needsToken: true), scope: .repository,
            answers: [.json(200, WorkflowList.self), .failure(404)],
            "List the workflows of the default branch by their file names."
        ) { request, place, app in
            let workflows = try answers(place, request, app) { $0 }
            return try .json(200, WorkflowList(total_count: workflows.count, workflows: workflows))
        },
        Endpoint(
            .get, one, .repository(.read, needsToken: true), scope: .repository,
            answers: [.json(200, WorkflowAnswer.self), .failure(404)], "Show a workflow of the default branch."
        ) { request, place, app in try .json(200, try workflow(request, place, app)) },
        Endpoint(
            .put, one + "/enable", .repository(.write), scope: .repository, answers: [.none(204), .failure(404)],
            "Let a workflow start again."
        ) { request, place, app in try setDisabled(false, request, place, app) },
        Endpoint(
            .put, one + "/disable", .repository(.write), scope: .repository, answers: [.none(204), .failure(404)],
            "Let a workflow start by no event; runs that there are go on."
        ) { request, place, app in try setDisabled(true, request, place, app) },
        Endpoint(
            .get, one + "/runs", .repository(.read, needsToken: true), scope: .repository, query: runParameters,
            answers: [.json(200, RunList.self), .failure(400), .failure(404)],
            "List the runs of a workflow, newest first.", runs),
        Endpoint(
            .post, one + "/dispatches", .repository(.write), scope: .repository,
            query: [
                QueryParameter("return_run_details", "true: answer 200 with the run"),
                scopedSource,
            ],
            reading: JSONBody<DispatchBody>(
                orElse: "[Ref]: Required; send {\"ref\": \"main\", \"inputs\": {\"name\": \"value\"}}"),
            answers: [.json(200, DispatchAnswer.self), .none(204), .failure(403), .failure(404), .failure(422)],
            "Start a workflow that lists workflow_dispatch.", dispatch),
    ]

    private static let scopedSource = QueryParameter(
        "scoped_workflow_source_repo_id", "not served: anything but 0 is 404")
    private static let runParameters = RunListRoutes.runParameters + [scopedSource]

    /// - Throws: 404 for a workflow of another repository.
    private static func refuseScoped(_ request: Request) throws {
        guard ["0", ""].contains(request.query[scopedSource.name] ?? "") else { throw Failure(.missing, "not found") }
    }

    /// Also of a file that is gone, as long as there is a run of it.
    @Sendable private static func runs(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let id = try file(request)
        try refuseScoped(request)
        var ofFile = RunFilter()
        ofFile.workflowID = id
        if try app.views.runs(.repository(place.id), ofFile, ListPart(limit: 1)).isEmpty {
            _ = try workflow(request, place, app)
        }
        return try RunListRoutes.runs(.repository(place.id), workflow: id, but: runParameters, request, app)
    }

    // MARK: files

    /// - Parameter choose: which of the files; only their names are read.
    static func answers(
        _ place: InRepository, _ request: Request, _ app: App, _ choose: ([CommitEntry]) -> [CommitEntry]
    ) throws -> [WorkflowAnswer] {
        let git = GitReader(RepositoryFiles(configuration: app.configuration).directory(place.id))
        defer { git.close() }
        let files = WorkflowFiles(app: app, git: git)
        // An empty repository has no workflows.
        guard let head = try files.place(of: ["refs/heads/\(place.repository.defaultBranch)"]) else { return [] }
        let entries = choose(try files.entries(at: head))
        guard !entries.isEmpty else { return [] }
        let disabled = try app.workflows.disabled(in: place.id)
        let lines = Dictionary(grouping: try app.schedules.lines(of: place.id), by: \.line.workflow)
        return try files.named(entries).map {
            WorkflowAnswer(
                $0, isDisabled: disabled.contains($0.id), in: place.repository, at: head.head.author.seconds,
                base: app.base(of: request), schedules: (lines[$0.path] ?? []).map(ScheduleAnswer.init))
        }
    }

    static func workflow(_ request: Request, _ place: InRepository, _ app: App) throws -> WorkflowAnswer {
        let id = try file(request)
        let found = try answers(place, request, app) {
            $0.filter { workflowID(ofPath: $0.path, app.configuration.workflows) == id }
        }
        guard let workflow = found.first else { throw Failure(.missing, "not found") }
        return workflow
    }

    /// The file that the path names: one that no file can have is missing.
    static func file(_ request: Request) throws -> String {
        let id = request.path["workflow_id"] ?? ""
        guard !id.isEmpty, id.utf8.count <= WorkflowLimits.pathBytesMax, !id.utf8.contains(0) else {
            throw Failure(.missing, "not found")
        }
        return id
    }

    static func setDisabled(
        _ isDisabled: Bool, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> Response {
        let id = try workflow(request, place, app).id
        try app.workflows.setDisabled(isDisabled, id, in: place.id, by: place.caller.account)
        return .noContent
    }

    // MARK: dispatch

    @Sendable private static func dispatch(
        _ request: Request, _ place: InRepository, _ body: () throws -> DispatchBody, _ app: App
    ) throws -> Response {
        let file = try file(request)
        try refuseScoped(request)
        let isForm =
            request.header("Content-Type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
        let sent = isForm ? try DispatchForm(request.body) : DispatchForm(try body())
        guard !sent.ref.isEmpty, !sent.ref.utf8.contains(0) else { throw Failure(.invalid, "[Ref]: Required") }
        let run = try Dispatch(app: app, place: place, workflow: file).start(ref: sent.ref, inputs: sent.inputs)
        guard ["true", "1"].contains(request.query["return_run_details"] ?? "") else { return .noContent }
        return try .json(200, DispatchAnswer(run, in: place.repository, base: app.base(of: request)))
    }
}

/// What a dispatch gives, from JSON or from a form: `ref=main&inputs[level]=3`.
struct DispatchForm: Equatable {
    let ref: String
    let inputs: [String: String]

    init(_ body: DispatchBody) {
        ref = body.ref ?? ""
        inputs = (body.inputs ?? [:]).compactMapValues { $0?.text }
    }

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.count <= DispatchLimits.inputsBytesMax * 4 else {
            throw Failure(
                .tooLarge, "the form has \(bytes.count) bytes; at most \(DispatchLimits.inputsBytesMax * 4) are taken")
        }
        var ref = ""
        var inputs: [String: String] = [:]
        for pair in text.split(byte: "&") {
            let sides = pair.split(byte: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = percentDecoded(Substring(sides[0]), plusIsSpace: true)
            let value = sides.count > 1 ? percentDecoded(Substring(sides[1]), plusIsSpace: true) : ""
            if name == "ref" { ref = value }
            if name.hasPrefix("inputs["), name.hasSuffix("]") {
                inputs[String(name.dropFirst("inputs[".count).dropLast())] = value
            }
        }
        self.ref = ref
        self.inputs = inputs
    }
}
