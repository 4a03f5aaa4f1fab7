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
        Endpoint(
            .get, RunRoutes.base + "/runs/{run}/logs", .repository(.read, needsToken: true), scope: .repository,
            answers: [.media(200, "application/zip"), .failure(404), .failure(503)],
            "Download the logs of a run's latest attempt as a zip.", zip),
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
        response.headers.append(
            (name: "Content-Disposition", value: attachmentDisposition(logName(of: job, in: run))))
        return response
    }

    /// `<workflow without extension>-<job name>-<task id>.log` (rest.md 8).
    static func logName(of job: JobView, in run: RunView) -> String {
        let workflow = run.workflowID.split(separator: ".").dropLast().joined(separator: ".")
        return "\(workflow.isEmpty ? run.workflowID : workflow)-\(job.name)-\(job.task?.number ?? 0).log"
    }

    /// Packed while it is sent, a piece of a log at a time. Rows that come meanwhile are for the next request.
    @Sendable private static func zip(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let run = try RunRoutes.run(request, place, app)
        let jobs = try app.views.jobs(of: run)
        let logs = try app.logs.logs(of: jobs.compactMap(\.task))
        let entries = jobs.compactMap { job -> ZipEntry? in
            guard let log = job.task.flatMap({ logs[$0] }), log.file?.expiredAt == nil else { return nil }
            let name = logName(of: job, in: run).replacing(/[\/\\\p{Cc}]/, with: "_")
            return ZipEntry(
                path: name, size: log.bytes, modifiedAt: Instant(microseconds: job.stoppedAt ?? job.createdAt),
                read: { sink in
                    var reader = LogReader(log, app)
                    try reader.read(0..<log.rows) { lines in
                        try sink(lines)
                        return true
                    }
                })
        }
        guard !entries.isEmpty else {
            throw Failure(.missing, "no job of run \(run.id) has a log: none has started, or the logs are gone")
        }
        guard let turn = app.caches.streams.enter() else {
            throw Failure(.busy, "too many zips are being made at once; try again in a moment")
        }
        var response = Response(
            200, type: "application/zip", body: [],
            headers: [
                nosniff, (name: "Content-Disposition", value: attachmentDisposition("logs of run \(run.id).zip")),
            ])
        response.stream = Response.Stream(length: nil) { sink in
            try withExtendedLifetime(turn) { try writeZip(entries, to: sink) }
        }
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
