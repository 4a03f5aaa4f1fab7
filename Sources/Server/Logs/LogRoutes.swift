import Domain
import Postgres
import Web

/// Logs as text: whole, or by ranges of rows (rest.md 8).
enum LogRoutes {
    static let type = "text/plain; charset=utf-8"
    /// nginx's internal location for sealed logs (nginx/millrace.conf).
    private static let internalLocation = "/_log/"

    private static let range = [
        QueryParameter("from", "the first row, from 0"), QueryParameter("lines", "how many rows"),
        QueryParameter("tail", "only so many rows from the end"),
    ]
    private static let answers: [AnswerShape] = [
        .media(200, "text/plain"), .failure(404), .failure(422), .failure(503),
    ]

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/repos/{owner}/{repo}/actions/jobs/{job}/logs", .repository(.read, needsToken: true),
            scope: .repository, query: range, answers: answers, "Download the log of a job.", download),
        // The same text for a browser to show, and for the page's script.
        Endpoint(
            .get, "/{owner}/{repo}/actions/jobs/{job}/log", .repository(.read), query: range, answers: answers,
            "Show the log of a job."
        ) { request, place, app in try log(of: try JobRoutes.job(request, place, app), request, app) },
    ]

    @Sendable static func download(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let job = try JobRoutes.job(request, place, app)
        guard let run = try app.views.run(job.run, in: place.id) else { throw Failure(.missing, "not found") }
        var response = try log(of: job, request, app)
        let workflow = run.workflowID.split(separator: ".").dropLast().joined(separator: ".")
        let name = "\(workflow.isEmpty ? run.workflowID : workflow)-\(job.name)-\(job.task?.number ?? 0).log"
        response.headers.append((name: "Content-Disposition", value: attachmentDisposition(name)))
        return response
    }

    private static func log(of job: JobView, _ request: Request, _ app: App) throws -> Response {
        let range: LogRange
        do {
            range = try LogRange(
                from: request.query["from"], lines: request.query["lines"], tail: request.query["tail"])
        } catch { throw Failure(.invalid, error.description) }
        guard let task = job.task, let reader = try LogReader(task, app) else {
            throw Failure(.missing, "job \(job.id) has not started, it has no log yet")
        }
        if case .whole = range { return try whole(reader, app) }
        // Asked before the rows are read: when it says that no more will come, none does.
        let hasEnded = try app.logs.progress(of: [job.id]).first?.hasEnded ?? true
        return try rows(range, of: reader, hasEnded: hasEnded)
    }

    private static func rows(_ range: LogRange, of reader: LogReader, hasEnded: Bool) throws -> Response {
        var reader = reader
        let text = try reader.text(range, bytesMax: LogRangeLimits.bytesMax)
        let next = text.rows.upperBound
        return Response(
            200, type: type, body: text.bytes,
            headers: headers(next: next, isDone: hasEnded && next >= reader.log.rows) + [
                (name: "X-Millrace-First-Row", value: "\(text.rows.lowerBound)")
            ])
    }

    private static func whole(_ reader: LogReader, _ app: App) throws -> Response {
        let log = reader.log
        guard let file = log.file else {
            let place = log.bytes > LogLimits.readAtOnceBytes ? app.caches.streams.enter() : nil
            guard place != nil || log.bytes <= LogLimits.readAtOnceBytes else {
                throw Failure(
                    .busy, "too many large logs are being read at once; try again, or read a part: ?from=ROW&lines=N")
            }
            // What is stored now, as long as its size says; rows that come meanwhile are for the next request.
            var response = Response(200, type: type, body: [], headers: [nosniff])
            response.stream = Response.Stream(length: log.bytes) { sink in
                var reader = reader
                try withExtendedLifetime(place) { try reader.read(0..<log.rows, sink) }
            }
            return response
        }
        if let at = file.expiredAt { throw LogReadProblem.expired(at: at) }
        guard let path = file.path else { return Response(200, type: type, body: [], headers: [nosniff]) }
        // nginx adds .gz again (gzip_static) and unpacks it for clients that do not take gzip.
        return Response(
            200, type: type, body: [],
            headers: [(name: "X-Accel-Redirect", value: internalLocation + path.dropLast(".gz".count))])
    }

    static let nosniffHeaders = [nosniff]
    private static let nosniff = (name: "X-Content-Type-Options", value: "nosniff")

    static func headers(next: Int64, isDone: Bool) -> [(name: String, value: String)] {
        [
            nosniff, (name: "X-Millrace-Next-Row", value: "\(next)"),
            (name: "X-Millrace-Done", value: isDone ? "true" : "false"),
        ]
    }
}
