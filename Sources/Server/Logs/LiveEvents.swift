import Domain
import Postgres
import Web

/// `/_live/events?log=JOB@ROW&run=ID&runs=REPOSITORY`: server-sent events of several logs, runs and repositories by one stream.
///
/// A stream ends by itself before it is old, and when an instance stops; the client comes back with what it has. `poll=1` asks
/// for what there is now, for clients that have no place for a stream.
struct LiveEvents: Sendable {
    static let all: [Endpoint] = [
        Endpoint(
            holding: .get, "/_live/events", .anyone,
            query: [
                QueryParameter("log", "JOB@ROW: the rows of a job's log from this one on, and its steps"),
                QueryParameter("run", "ID@MARK: that a run changed"),
                QueryParameter("runs", "REPOSITORY@MARK: that a run of a repository changed"),
                QueryParameter("poll", "1: what there is now, without waiting"),
            ],
            answers: [
                .media(200, "text/event-stream"), .failure(401), .failure(404), .failure(422), .failure(429),
                .failure(503),
            ], "Stream events of logs, runs and repositories."
        ) { hold, request, caller, app in try LiveEvents(app: app, hold: hold, request: request).open(caller) }
    ]

    let app: App
    let hold: Hold
    let request: Request

    private var streams: LiveStreams { app.caches.liveStreams }

    private func open(_ caller: Caller) throws {
        let wish: LiveWish
        do {
            wish = try LiveWish(query: request.queryPairs, lastEventID: request.header("Last-Event-ID"))
        } catch { throw Failure(.invalid, error.description) }
        let refused = try LiveAccess(app: app).refused(wish.topics, to: caller)
        let topics = wish.topics.filter { refused[$0] == nil }
        if topics.isEmpty, let first = wish.topics.first.flatMap({ refused[$0] }) { throw first }
        var head = Response(
            200, type: LiveFrames.type, body: [],
            headers: LogRoutes.nosniffHeaders + [(name: "Cache-Control", value: "no-store")])
        guard request.method != "HEAD" else { return hold.answer(head) }
        var first = LiveFrames.retry(milliseconds: LiveLimits.retryMilliseconds)
        for (topic, failure) in refused { first += try LiveFrames.gone(topic, failure) }
        if request.given("poll") != nil {
            head.body = first + (try now(of: topics, wish))
            return hold.answer(head)
        }
        try begin(head, first, topics, wish, caller)
    }

    private func begin(
        _ head: Response, _ first: [UInt8], _ topics: [LiveTopic], _ wish: LiveWish, _ caller: Caller
    ) throws {
        let person = caller.account.map { "account \($0)" } ?? "address \(request.parameters["REMOTE_ADDR"] ?? "")"
        try streams.checkRoom(for: person)
        let key = streams.newKey()
        let bounds = HeldStream.Bounds(
            queuedMax: LiveLimits.streamQueuedBytesMax, drained: { [streams, app] in streams.drained(key, app) },
            over: { [streams] in streams.remove(key) })
        guard let stream = hold.stream(head, bounds) else {
            return hold.answer(.text(404, "streams come by the poll lane\n"))
        }
        stream.send(StreamPiece(first))
        let now = Clock.monotonicMicroseconds()
        // Spread, so that those who came at once do not all leave at once.
        let spread = Int64.random(in: 0...LiveLimits.spreadMicroseconds)
        let reader = LiveStreams.Reader(
            hold: hold, stream: stream, request: request, account: caller.account, person: person, topics: topics,
            rows: wish.rows, marks: wish.marks, endsAt: now + LiveLimits.streamMicroseconds + spread,
            checkAt: now + LiveLimits.checkMicroseconds + spread, beatAt: now + LiveLimits.heartbeatMicroseconds)
        guard streams.add(key, reader) else {
            return stream.end(
                StreamPiece(
                    try LiveFrames.end(
                        "the server is being restarted", retryMilliseconds: LiveLimits.retryMilliseconds)))
        }
        // What there is already is told now; the shared look tells what changes.
        streams.look(
            try app.logs.progress(of: topics.jobs), marks: try app.liveViews.marks(of: topics), app)
        for topic in topics { streams.pump(topic, app) }
    }

    /// The events that a stream would begin with.
    private func now(of topics: [LiveTopic], _ wish: LiveWish) throws -> [UInt8] {
        var out: [UInt8] = []
        for progress in try app.logs.progress(of: topics.jobs) {
            let topic = LiveTopic.log(progress.job)
            if let repository = try app.liveViews.repositories(of: [topic])[topic],
                let job = try app.views.job(progress.job, in: repository)
            {
                out += try LiveFrames.state(LiveJob(job, progress, in: repository, app))
            }
            let from = wish.rows[progress.job] ?? 0
            if from < progress.rows || progress.hasEnded {
                out += try LiveFrames.rows(progress.job, progress, from: from, app).bytes
            }
        }
        for (topic, mark) in try app.liveViews.marks(of: topics) where wish.marks[topic] != mark {
            out += try LiveFrames.changed(topic, mark: mark)
        }
        return out
    }
}

extension [LiveTopic] {
    var jobs: [JobID] { compactMap { if case .log(let job) = $0 { job } else { nil } } }
}

/// Who may be told of what: whoever may see the page.
struct LiveAccess {
    let app: App

    /// Those topics that the caller may not see, as a page would say it.
    func refused(_ topics: [LiveTopic], to caller: Caller) throws -> [LiveTopic: Failure] {
        let places = try app.liveViews.repositories(of: topics)
        let found = try app.repositoryViews.repositories(Set(places.values), seenBy: caller.account)
        var refused: [LiveTopic: Failure] = [:]
        for topic in topics {
            guard let place = places[topic] else {
                refused[topic] = missing(to: caller)
                continue
            }
            refused[topic] = refusal(of: found[place], to: caller)
        }
        return refused
    }

    private func refusal(of found: Repository?, to caller: Caller) -> Failure? {
        guard let found else { return missing(to: caller) }
        if caller.isPublicOnly, found.facts.isPrivate || found.facts.ownerVisibility == .private {
            return Failure(.forbidden, "token scope is limited to public repos")
        }
        if let words = caller.scopes?.refusal(of: .repository, isWrite: false) { return Failure(.forbidden, words) }
        switch authorize(caller.principal, .read, of: .actions, on: found.facts) {
        case .allowed: return nil
        case .needsLogin: return Failure(.unauthenticated, "log in to see this page")
        case .forbidden: return Failure(.forbidden, "you need read access to \(found.fullName)")
        case .invisible: return missing(to: caller)
        }
    }

    private func missing(to caller: Caller) -> Failure {
        caller.principal == .anonymous
            ? Failure(.unauthenticated, "log in to see this page") : Failure(.missing, "not found")
    }
}
