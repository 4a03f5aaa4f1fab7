import Domain
import Postgres
import Web

/// What the buttons of a run's page send.
enum RunActions {
    private static let run = "/{owner}/{repo}/actions/runs/{run}"
    private static let answers: [AnswerShape] = [.none(303), .failure(403), .failure(404), .failure(409)]

    static let all: [Endpoint] = [
        Endpoint.form(
            run + "/rerun", .repository(.write), scope: .repository, answers: answers,
            "Run a run's jobs again by the buttons of its page: all, or those that failed."
        ) { request, place, form, app in
            try person(place)
            _ = try RunRoutes.rerun(form["jobs"] == "failed" ? .failed : .all, request, place, app)
            return back(request, place)
        },
        Endpoint.form(
            run + "/cancel", .repository(.write), scope: .repository, answers: answers,
            "Cancel a run by the button of its page."
        ) { request, place, form, app in
            try person(place)
            // What has ended in the meantime is as it should be.
            let run = try RunRoutes.run(request, place, app)
            if !run.status.isDone { _ = try app.runs.apply(.cancelRequested, to: run.id, by: place.caller.account) }
            return back(request, place)
        },
        Endpoint.form(
            run + "/approve", .repository(.write), scope: .repository, answers: answers,
            "Let a run start that waits for an approval, by the button of its page."
        ) { request, place, form, app in
            _ = try RunRoutes.approved(request, place, app)
            return back(request, place)
        },
    ]

    private static func person(_ place: InRepository) throws {
        guard place.caller.account != nil else { throw Failure(.forbidden, "log in to do this") }
    }

    static func back(_ request: Request, _ place: InRepository) -> Response {
        .seeOther("/\(place.repository.fullName)/actions/runs/\(request.id("run", as: RunID.self))")
    }

    /// - Returns: those that the caller may press now.
    static func buttons(of run: RunView, hasFailed: Bool, in place: InRepository) -> [RunButton] {
        guard place.caller.account != nil,
            authorize(place.caller.principal, .write, of: .actions, on: place.repository.facts) == .allowed
        else { return [] }
        let page = "/\(place.repository.fullName)/actions/runs/\(run.id)"
        func button(_ action: String, _ words: String, jobs: String = "", isDanger: Bool = false) -> RunButton {
            RunButton(
                action: "\(page)/\(action)", token: place.caller.formToken, jobs: jobs, words: words,
                isDanger: isDanger)
        }
        // Buttons act on the run as it is, whichever attempt is looked at.
        guard run.attempt == run.latestAttempt else { return [] }
        if run.status.isDone {
            return (hasFailed ? [button("rerun", "Re-run failed jobs", jobs: "failed")] : [])
                + [button("rerun", "Re-run all jobs", jobs: "all")]
        }
        return (run.awaitsApproval ? [button("approve", "Approve and run")] : [])
            + [button("cancel", "Cancel run", isDanger: true)]
    }
}
