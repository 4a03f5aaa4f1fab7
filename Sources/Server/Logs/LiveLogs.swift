import Client
import Domain
import Postgres
import Web

/// `/_live/{owner}/{repo}/jobs/{job}?from=ROW`: held in the poll lane until row `from` is there or the log has ended.
///
/// Answers text, with `X-Millrace-Next-Row`, `X-Millrace-Done`, and `X-Millrace-View`, a mark that changes when the
/// steps do. Nobody is told of appends by NOTIFY: docs/adr/0006.
struct LiveLogs: Sendable {
    static let all: [Endpoint] = [
        Endpoint(
            holding: .get, "/_live/{owner}/{repo}/jobs/{job}", .repository(.read),
            query: [QueryParameter("from", "the row that is waited for, from 0")],
            answers: [.media(200, "text/plain"), .failure(404), .failure(503)], "Wait for the next rows of a job's log."
        ) { hold, request, place, app in try LiveLogs(app: app, hold: hold).open(request, place) }
    ]

    let app: App
    let hold: Hold

    private func open(_ request: Request, _ place: InRepository) throws {
        let job = try JobRoutes.job(request, place, app).id
        let range: LogRange
        do {
            range = try LogRange(
                from: request.query["from"] ?? "0", lines: "\(LiveLimits.answerLinesMax)", tail: nil)
        } catch { throw Failure(.invalid, error.description) }
        guard case .from(let from, _) = range else { throw Failure(.fault, "a live range begins with a row") }
        let holdMicroseconds = Int64(app.configuration.pollHoldSeconds * 1_000_000)
        try look(job, from: from, deadline: Clock.monotonicMicroseconds() + holdMicroseconds)
    }

    /// Answers if there is something to say or no time left, else parks. Every wake-up comes back here.
    private func look(_ job: JobID, from: Int64, deadline: Int64) throws {
        if hold.held.isGone() { return hold.answer(.noContent) }
        guard let now = try app.logs.progress(of: [job]).first else { throw Failure(.missing, "not found") }
        let isOver = deadline <= Clock.monotonicMicroseconds() || app.caches.logReaders.isStopping
        if now.rows > from || now.hasEnded || isOver { return hold.answer(try rows(now, from: from)) }
        guard !app.caches.logReaders.isFull else {
            throw Failure(.busy, "too many readers wait for logs here; try again in a few seconds")
        }
        // Rows that come between the look and the parking are found by the next look at all watched logs.
        let isParked = app.caches.logReaders.park(
            LogReaders.Waiter(
                job: job, seen: now, from: from, deadline: deadline,
                wake: { hold.work { try look(job, from: from, deadline: deadline) } }, isGone: hold.held.isGone))
        if !isParked { hold.answer(try rows(now, from: from)) }
    }

    private func rows(_ now: LogProgress, from: Int64) throws -> Response {
        var bytes: [UInt8] = []
        var next = from
        if let task = now.task, now.rows > from, var reader = try LogReader(task, app) {
            let range = LogRange.from(from, lines: LiveLimits.answerLinesMax)
            let text = try reader.text(range, bytesMax: LiveLimits.answerBytesMax)
            (bytes, next) = (text.bytes, text.rows.upperBound)
        }
        let steps = try now.task.map { try app.views.steps(of: $0) } ?? []
        return Response(
            200, type: LogRoutes.type, body: bytes,
            headers: LogRoutes.headers(next: next, isDone: now.hasEnded && next >= now.rows) + [
                (name: "X-Millrace-View", value: LogPage.mark(of: now, steps))
            ])
    }
}
