import Domain
import Postgres
import Web

/// Summaries that jobs write to `$GITHUB_STEP_SUMMARY` (runner.md 6.6). Runners send them when Declare told them that they may.
enum SummaryRoutes {
    /// What Declare's answer says of us (runner.md 2.4).
    static let capabilities = [(name: "X-Gitea-Actions-Capabilities", value: "job-summary")]

    private static let workflows = "/api/actions_pipeline/_apis/pipelines/workflows"

    /// More than the limit, so that what is too large is refused in our words.
    private static let body = BodyShape.text(bytesMax: 2 * JobSummaryLimits.stepBytesMax)
    private static let answers: [AnswerShape] = [.json(200, SummaryAnswer.self), .failure(400), .failure(401)]

    static let all: [Endpoint] = [
        Endpoint(
            .put, workflows + "/{run}/jobs/{job}/steps/{step}/summary", .task, body: body, answers: answers,
            "Take the summary of a step.", putOfStep),
        // Forgejo's runner: one for the whole job.
        Endpoint(
            .put, workflows + "/{run}/summary", .task, body: body, answers: answers, "Take the summary of a job."
        ) { request, task, app in try put(.job, request, task, app) },
        Endpoint(
            .get, "/{owner}/{repo}/actions/jobs/{job}/summary", .repository(.read),
            answers: [.media(200, "text/plain"), .failure(404)], "Show the summary of a job.", show),
    ]

    private struct SummaryAnswer: Described {
        let message: String
        let sizeBytes: Int
        let runAttempt: Int64
        static let example = SummaryAnswer(message: "created", sizeBytes: 12, runAttempt: 1)
    }

    @Sendable private static func putOfStep(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        guard request.int("job") == task.job.number else {
            throw Failure(.invalid, "job \(request.path["job"] ?? "") is not the runtime token's, which is \(task.job)")
        }
        guard let position = request.int("step"), (0...Int64(Int32.max)).contains(position) else {
            throw Failure(.invalid, "step \"\(request.path["step"] ?? "")\" must be a number from 0")
        }
        return try put(.step(position), request, task, app)
    }

    private static func put(_ place: SummaryPlace, _ request: Request, _ task: LiveTask, _ app: App) throws -> Response
    {
        guard request.int("run") == task.run.number else {
            throw Failure(.invalid, "run \(request.path["run"] ?? "") is not the runtime token's, which is \(task.run)")
        }
        guard isMarkdown(request.header("Content-Type")) else {
            throw Failure(
                .invalid, "Content-Type \"\(request.header("Content-Type") ?? "")\" must be text/markdown")
        }
        do {
            guard let change = try app.summaries.put(request.body, at: place, of: task.task) else {
                throw Failure(.unauthenticated, "the job has ended")
            }
            return try .json(
                200,
                SummaryAnswer(
                    message: change.rawValue, sizeBytes: request.body.count, runAttempt: task.attempt))
        } catch let refusal as SummaryRefusal {
            throw Failure(.invalid, "\(refusal)")
        }
    }

    /// Parameters do not count; what names no type is taken at its word.
    private static func isMarkdown(_ type: String?) -> Bool {
        let media = (type ?? "").split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
        return [nil, "text/markdown", "application/octet-stream"].contains(media)
    }

    /// All of a job's, as text: never as HTML, since a job wrote it.
    @Sendable private static func show(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try JobRoutes.job(request, place, app)
        let summaries = try job.task.map {
            try app.summaries.summaries(of: $0, bytesMax: JobSummaryLimits.taskBytesMax)
        }
        guard let summaries, !summaries.isEmpty else { throw Failure(.missing, "job \(job.id) has no summary") }
        var body: [UInt8] = []
        for summary in summaries { body += summary.content + [UInt8(ascii: "\n")] }
        return Response(200, type: LogRoutes.type, body: body, headers: LogRoutes.nosniffHeaders)
    }
}
