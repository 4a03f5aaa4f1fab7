import Domain
import Postgres
import Web

/// Wakes the readers of logs that grew through other instances, and those of runs that changed: one statement a kind for all
/// that is watched, and none while nobody watches (docs/adr/0006, 0039).
struct WatchLogs {
    let app: App

    func look() throws {
        app.caches.logReaders.expire()
        let topics = app.caches.liveStreams.watched()
        let jobs = Set(app.caches.logReaders.watched() + topics.jobs)
        let progress = jobs.isEmpty ? [] : try app.logs.progress(of: Array(jobs))
        app.caches.logReaders.look(progress)
        app.caches.liveStreams.look(progress, marks: try app.liveViews.marks(of: topics), app)
    }
}

/// Heartbeats of streams, their end, and whether their readers may still see what they are told.
struct KeepStreams {
    let app: App

    func beat() throws {
        let (due, old) = app.caches.liveStreams.beat()
        for key in old { end(key, "this stream is old") }
        // Tabs of one person are judged once.
        var judged: [Credentials: Result<Caller, any Error>] = [:]
        var refused: [Judgement: Failure?] = [:]
        for (key, reader) in due {
            let credentials = Credentials(
                authorization: reader.request.header("Authorization"), cookie: reader.request.header("Cookie"))
            let caller = judged[credentials] ?? Result { try app.authenticate(reader.request) }
            judged[credentials] = caller
            switch caller {
            case .failure: end(key, "log in again")
            case .success(let caller) where caller.account != reader.account: end(key, "log in again")
            case .success(let caller):
                let unjudged = reader.topics.filter { refused[Judgement(credentials, $0)] == nil }
                let found = try LiveAccess(app: app).refused(unjudged, to: caller)
                for topic in unjudged { refused[Judgement(credentials, topic)] = .some(found[topic]) }
                for topic in reader.topics {
                    guard let failure = refused[Judgement(credentials, topic)] ?? nil else { continue }
                    reader.stream.send(StreamPiece(try LiveFrames.gone(topic, failure)))
                    app.caches.liveStreams.drop(topic, of: key)
                }
            }
        }
    }

    private struct Credentials: Hashable { let authorization, cookie: String? }
    private struct Judgement: Hashable {
        let credentials: Credentials
        let topic: LiveTopic
        init(_ credentials: Credentials, _ topic: LiveTopic) {
            self.credentials = credentials
            self.topic = topic
        }
    }

    private func end(_ key: Int, _ words: String) {
        app.caches.liveStreams.end(key, words, retryMilliseconds: LiveLimits.retryMilliseconds)
    }
}
