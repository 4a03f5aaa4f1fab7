import Client
import Domain
import Postgres
import Web

/// `/_live/{owner}/{repo}/jobs/{job}?from=ROW`: held in the poll lane until row `from` is there or the log has ended.
///
/// Answers text, with `X-Millrace-Next-Row`, `X-Millrace-Done`, and `X-Millrace-View`, a mark that changes when the
/// steps do. Nobody is told of appends by NOTIFY: docs/adr/0006.
package struct LiveLogs: Sendable {
    package static let pathPrefix = "/_live/"
    private static let route = Route(
        "GET", "/_live/{owner}/{repo}/jobs/{job}", access: .repository(.read)
    ) { _, _, _ in .noContent }

    let app: App
    let pool: WorkerPool

    package init(app: App, pool: WorkerPool) {
        self.app = app
        self.pool = pool
    }

    /// Called by the epoll thread; the work is done by the pool.
    package func handle(_ held: HeldRequest) {
        answering(held) { try open(held) }
    }

    private func answering(_ held: HeldRequest, _ work: @escaping @Sendable () throws -> Void) {
        pool.run {
            do { try work() } catch { held.answer(Router.render(error, held.request, app)) }
        }
    }

    private func open(_ held: HeldRequest) throws {
        guard let bound = Self.route.bind(held.request.segments) else { throw Failure(.missing, "not found") }
        guard held.request.method == "GET" else {
            return held.answer(Router.wrongMethod(held.request, allowed: ["GET"], app))
        }
        var request = held.request
        request.path = bound
        // The same door as the page's: who may read the repository.
        request.repository = try app.repository(of: request, for: app.authenticate(request), wanting: .read)
        let job = try RunRoutes.job(request, app).id
        let range: LogRange
        do {
            range = try LogRange(
                from: request.query["from"] ?? "0", lines: "\(LiveLimits.answerLinesMax)", tail: nil)
        } catch { throw Failure(.invalid, error.description) }
        guard case .from(let from, _) = range else { throw Failure(.fault, "a live range begins with a row") }
        let hold = Int64(app.configuration.pollHoldSeconds * 1_000_000)
        try look(job, from: from, held, deadline: Clock.monotonicMicroseconds() + hold)
    }

    /// Answers if there is something to say or no time left, else parks. Every wake-up comes back here.
    private func look(_ job: JobID, from: Int64, _ held: HeldRequest, deadline: Int64) throws {
        if held.isGone() { return held.answer(.noContent) }
        guard let now = try app.logs.progress(of: [job]).first else { throw Failure(.missing, "not found") }
        let isOver = deadline <= Clock.monotonicMicroseconds() || app.logReaders.isStopping
        if now.rows > from || now.hasEnded || isOver { return held.answer(try rows(now, from: from)) }
        guard !app.logReaders.isFull else {
            throw Failure(.busy, "too many readers wait for logs here; try again in a few seconds")
        }
        // Rows that come between the look and the parking are found by the next look at all watched logs.
        let isParked = app.logReaders.park(
            LogReaders.Waiter(
                job: job, seen: now, from: from, deadline: deadline,
                wake: { answering(held) { try look(job, from: from, held, deadline: deadline) } },
                isGone: held.isGone))
        if !isParked { held.answer(try rows(now, from: from)) }
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
