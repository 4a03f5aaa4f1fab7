import Domain
import Postgres
import Web

/// The page of a repository's runs, and its rows alone.
enum RunListPages {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions", .repository(.read), query: parameters, answers: [.page, .failure(404)],
            "Show the runs of a repository.", page),
        Endpoint(
            .get, "/{owner}/{repo}/actions/rows", .repository(.read), query: parameters,
            answers: [.page, .failure(404)],
            "Show the rows of the page of runs, which its script fetches when a run has changed."
        ) { request, place, app in
            try RunRowsPage(rows: rows(RunListFilter(request), request, place, app)).response()
        },
    ]

    private static let parameters =
        RunListFilter.names.map { QueryParameter($0, "a filter of the page") }
        + Page.parameters.filter { $0.name != "limit" }
    private static let rowsMax = 30

    @Sendable private static func page(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let repository = place.repository
        let filter = RunListFilter(request)
        let rows = try rows(filter, request, place, app)
        let isNew = filter.isEmpty && rows.runs.isEmpty && rows.newest == nil
        return try RunListPage(
            head: place.head("Runs", tab: .actions, under: [], scripts: [.runsScript]),
            putAside: app.inbox.quarantined(of: repository.id).map { push in
                PutAsidePush(
                    ref: harmlessField(push.ref), sha: String(push.after.prefix(10)),
                    pushedAt: clockText(push.createdAt), reason: harmless(push.reason))
            },
            lesson: isNew ? RunLesson(of: repository, at: app.base(of: request), app.configuration.workflows) : nil,
            list: isNew ? nil : try list(filter, rows, place, app)
        ).response()
    }

    private static func list(
        _ filter: RunListFilter, _ rows: RunRowsPart, _ place: InRepository, _ app: App
    ) throws -> RunListPart {
        let address = "/\(place.repository.fullName)/actions"
        let workflows = try app.views.workflowChoices(of: place.id)
        let recent = try app.views.recentChoices(of: place.id)
        func name(_ workflow: WorkflowChoice) -> String {
            harmlessField(workflow.name.isEmpty ? workflow.file : workflow.name)
        }
        func select(_ name: String, _ label: String, _ known: [(value: String, words: String)]) -> FilterSelect {
            var options = known.map { value, words in
                FilterOption(value: value, words: words, isChosen: filter[name] == value)
            }
            // A value that nothing has stays to be seen, and to be sent again.
            if let value = filter[name], !options.contains(where: \.isChosen) {
                options.append(FilterOption(value: value, words: harmlessField(value), isChosen: true))
            }
            return FilterSelect(name: name, label: label, options: options)
        }
        func input(_ name: String, _ label: String, _ known: [String]) -> FilterInput {
            FilterInput(
                name: name, label: label, value: filter[name] ?? "", known: known.map { FilterValue(value: $0) })
        }
        return RunListPart(
            address: address,
            workflows: workflows.map {
                Crumb(name: name($0), link: "\(address)/workflows/\(percentEncoded($0.file))")
            },
            chips: try chips(filter, address, place, app),
            selects: [
                select("workflow", "Workflow", workflows.map { ($0.file, name($0)) }),
                select("event", "Event", try app.views.eventChoices(of: place.id).map { ($0, harmlessField($0)) }),
                select("status", "Status", RunListFilter.statuses.map { ($0.word, $0.word) }),
            ],
            inputs: [input("branch", "Branch", recent.branches), input("actor", "Actor", recent.actors)],
            reset: filter.isEmpty ? nil : address,
            nothing: rows.runs.isEmpty ? filter.nothing ?? (filter.isEmpty ? "No older runs." : filter.words) : nil,
            rows: rows)
    }

    /// Counted for the whole list alone: with a filter beside it, a status may be rare in a million rows.
    private static func chips(
        _ filter: RunListFilter, _ address: String, _ place: InRepository, _ app: App
    ) throws -> [RunChip] {
        let isAlone = filter.given.allSatisfy { $0.name == "status" }
        let counts = isAlone ? try app.views.statusCounts(of: place.id, Status.allCases) : [:]
        let all = RunChip(
            name: "all", link: address + filter.query(replacing: "status"), count: nil, isHere: filter["status"] == nil)
        return [all]
            + RunListFilter.statuses.map { word, statuses in
                let most = RunQueries.statusCountedMax
                let known = statuses.compactMap { counts[$0] }
                let count = known.reduce(0, +)
                let words = known.contains { $0 > most } ? "\(most)+" : "\(count)"
                return RunChip(
                    name: word, link: address + filter.query(replacing: "status", by: word),
                    count: isAlone ? words : nil, isHere: filter["status"] == word)
            }
    }

    private static func rows(
        _ filter: RunListFilter, _ request: Request, _ place: InRepository, _ app: App
    ) throws -> RunRowsPart {
        let address = "/\(place.repository.fullName)/actions"
        let asked = Page(request)
        let page = Page(number: asked.number, limit: rowsMax, before: asked.before)
        let listing = RunListing.repository(place.id)
        let isFirst = page.before == nil && page.number == 1
        // One more than is shown says whether there are older ones.
        let part = page.part
        let wanted = ListPart(limit: part.limit + 1, offset: part.offset, before: part.before)
        let found = filter.nothing == nil ? try app.views.runs(listing, filter.filter, wanted) : []
        let runs = found.prefix(rowsMax)
        let waiting = try app.views.firstWaiting(of: runs.filter { !$0.status.isDone }.map(\.id))
        let reasons = try app.waits.why(jobs: Array(waiting.values), in: place.id)
        var total: String?
        if filter.nothing == nil, !runs.isEmpty {
            let count = try app.views.runCount(listing, filter.filter)
            total = "\(count.rows)\(count.isWhole ? "" : " or more") \(count.rows == 1 ? "run" : "runs")"
        }
        let position = page.before.map { ["before=\($0)"] } ?? (page.number > 1 ? ["page=\(page.number)"] : [])
        return RunRowsPart(
            address: "\(address)/rows" + filter.query(adding: position), repository: place.id.number, total: total,
            runs: runs.map { run in
                RunRow(
                    run, base: "/\(place.repository.fullName)",
                    why: run.status.isDone || run.status == .running
                        ? nil : waiting[run.id].flatMap { reasons[$0] },
                    now: request.now)
            },
            newest: isFirst ? nil : address + filter.query(),
            older: found.count > rowsMax
                ? runs.last.map { address + filter.query(adding: ["before=\($0.id)"]) } : nil)
    }
}
