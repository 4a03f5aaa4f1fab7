import Domain
import Postgres
import Web

/// The pages that show runners: who they are, what they do, and why they do nothing; how one is added, stopped and removed.
enum RunnerPages {
    static let all: [Endpoint] =
        RunnerPagePlace(
            path: "/-/runners", access: .siteAdmin, listing: { _ in .all }, address: { _ in "/-/runners" },
            head: { PageHead("Runners", caller: $0) }
        ).endpoints
        + RunnerPagePlace(
            path: "/{owner}/{repo}/settings/runners", access: .repository(.owner),
            listing: { .exactly(.repository($0.id)) }, address: { "/\($0.repository.fullName)/settings/runners" },
            head: { $0.head("Runners of \($0.repository.fullName)", section: .runners) }
        ).endpoints
        + [
            // Where the page was.
            Endpoint(
                .get, "/{owner}/{repo}/-/runners", .repository(.owner), answers: [.none(303), .failure(404)],
                "Show the runners of a repository, at its other address."
            ) { _, place, _ in .seeOther("/\(place.repository.fullName)/settings/runners") }
        ]
}

/// The pages of one level.
private struct RunnerPagePlace<Context: HasCaller & Sendable>: Sendable {
    let path: String
    let access: Web.Access<App, Context>
    let listing: @Sendable (Context) -> RunnerListing
    let address: @Sendable (Context) -> String
    let head: @Sendable (Context) -> PageHead

    private struct Shown {
        var registration: RegistrationPart?
        var removal: (runner: RunnerID, problem: String?)?
    }

    var endpoints: [Endpoint] {
        let asked = [
            QueryParameter("page", "from 1"), QueryParameter("remove", "the runner whose removal is to be asked for"),
        ]
        return [
            Endpoint(
                .get, path, access, query: asked, answers: [.page, .failure(404)], "Show the runners of this level."
            ) {
                [self] request, context, app in
                var shown = Shown()
                shown.removal = request.given("remove").flatMap { Int64($0) }.map { (RunnerID($0), nil) }
                return try page(shown, request, context, app).response()
            },
            // A token is shown, and one is made where there is none: no GET does that.
            Endpoint.form(
                path + "/token", access, answers: [.page, .failure(403), .failure(404)],
                "Show how to add a runner, with a registration token."
            ) { [self] request, context, form, app in
                let tokens = RegistrationTokens(app: app)
                let scope = listing(context).newcomers
                let token = try form.given("replace") == nil ? tokens.current(of: scope) : tokens.rotate(scope)
                var shown = Shown()
                shown.registration = RegistrationPart(
                    token: token, commands: registrationCommands(address: app.base(of: request), token: token))
                var response = try page(shown, request, context, app).response()
                response.headers.removeAll { $0.name == "Cache-Control" }
                response.headers.append((name: "Cache-Control", value: "no-store"))
                return response
            },
            change("disable", "Give a runner no more jobs.") { [self] context, runner, app in
                try app.runners.setDisabled(true, runner, in: listing(context), by: context.caller.account)
            },
            change("enable", "Give a runner jobs again.") { [self] context, runner, app in
                try app.runners.setDisabled(false, runner, in: listing(context), by: context.caller.account)
            },
            Endpoint.form(path + "/{runner}/remove", access, "Remove a runner.") { [self] request, context, form, app in
                let runner: RunnerID = request.id("runner")
                guard try app.runnerViews.runner(runner, in: listing(context)) != nil else {
                    throw Failure(.missing, "not found")
                }
                guard RemovalPart.isConfirmed(form) else {
                    var shown = Shown()
                    shown.removal = (runner, RemovalPart.mismatch)
                    return try page(shown, request, context, app).response(422)
                }
                guard try app.runners.remove(runner, in: listing(context), by: context.caller.account) else {
                    throw Failure(.missing, "not found")
                }
                return .seeOther(address(context))
            },
        ]
    }

    private func change(
        _ word: String, _ summary: String, _ act: @escaping @Sendable (Context, RunnerID, App) throws -> Bool
    ) -> Endpoint {
        .form("\(path)/{runner}/\(word)", access, summary) { [self] request, context, _, app in
            guard try act(context, request.id("runner"), app) else { throw Failure(.missing, "not found") }
            return .seeOther("\(address(context))#runner-\(request.id("runner") as RunnerID)")
        }
    }

    private func page(_ shown: Shown, _ request: Request, _ context: Context, _ app: App) throws -> RunnersPage {
        let listing = listing(context)
        let address = address(context)
        let part = Page(number: Page(request).number, limit: PageLimits.rowsMax)
        let runners = try app.runnerViews.runners(listing, isDisabled: nil, part.part)
        let total = try app.runnerViews.count(listing, isDisabled: nil).rows
        let jobs = Dictionary(grouping: try app.runnerViews.jobs(of: runners.map(\.id)), by: \.runner)
        let reasons = try app.waits.why(runners: runners.map(\.id))
        let leaving = try shown.removal.flatMap { removal in
            try app.runnerViews.runner(removal.runner, in: listing).map { ($0, removal.problem) }
        }
        return RunnersPage(
            head: head(context), address: address, token: context.caller.formToken, total: total, hasNone: total == 0,
            hasRunners: !runners.isEmpty,
            runners: runners.map {
                row($0, jobs[$0.id] ?? [], why: reasons[$0.id]?.words.shown, context, now: request.now)
            },
            next: Int64(part.number * part.limit) < total ? part.number + 1 : nil, isEverywhere: listing == .all,
            registration: shown.registration,
            removal: leaving.map { runner, problem in
                RemovalPart(
                    action: "\(address)/\(runner.id)/remove", token: context.caller.formToken,
                    what: "the runner \(runner.name)", name: runner.name,
                    consequence: runner.liveTasks > 0 ? "The job that it works on is given to another one." : nil,
                    problem: problem, back: address)
            })
    }

    private func row(
        _ runner: RunnerView, _ jobs: [RunnerJob], why: String?, _ context: Context, now: Instant
    ) -> RunnerRow {
        RunnerRow(
            id: runner.id.number, name: runner.name, version: runner.version, status: "\(runner.reachable)",
            labels: runner.labels.map(RunnerLabelPart.init),
            place: listing(context) == .all ? runner.place.shown ?? "all repositories" : nil,
            address: address(context), token: context.caller.formToken,
            seen: runner.lastOnline.map { TimePart($0, now: now) }, isDisabled: runner.isDisabled,
            isEphemeral: runner.isEphemeral,
            jobs: jobs.map { job in
                RunnerJobLink(
                    link: "/\(job.repository)/actions/runs/\(job.run)/jobs/\(job.job)",
                    repository: job.repository, number: job.runNumber, name: job.name)
            },
            why: jobs.isEmpty ? why : nil)
    }
}

/// What is typed on a runner's machine, for each that is known.
func registrationCommands(address: String, token: String) -> [RegistrationCommand] {
    let labels = "ubuntu-latest:docker://node:20-bookworm"
    return [
        RegistrationCommand(
            runner: "Gitea's runner (act_runner)",
            command: "act_runner register --no-interactive --instance \(address) --token \(token) --labels \(labels)\n"
                + "act_runner daemon"),
        RegistrationCommand(
            runner: "Forgejo's runner",
            command: "forgejo-runner register --no-interactive --instance \(address) --token \(token) --name my-runner "
                + "--labels \(labels)\nforgejo-runner daemon"),
        RegistrationCommand(
            runner: "The built-in runner, which needs act",
            command: "millrace runner --url \(address) --token \(token) --labels ubuntu-latest"),
    ]
}
