import Domain
import Postgres
import Synchronization
import Web

/// The streams of events that are open on this instance, and what each of them has been told (docs/adr/0039).
///
/// One look at all watched topics (`WatchLogs`), and appends of this instance, mark topics as changed; a thread of the poll lane
/// then makes each event once and hands it to all who lack it. None of it is a fact: a client comes back with what it has.
package final class LiveStreams: Sendable {
    /// One client's stream.
    struct Reader: Sendable {
        let hold: Hold
        let stream: HeldStream
        let request: Request
        let account: AccountID?
        /// Whose limit it counts for.
        let person: String
        var topics: [LiveTopic]
        /// The first row that it lacks of each log.
        var rows: [JobID: Int64]
        /// What it was told last, of logs the state of the job.
        var marks: [LiveTopic: String] = [:]
        /// Logs whose end it was told.
        var ended: Set<JobID> = []
        /// It is slow: nothing more of logs until it has taken what it was sent.
        var isFull = false
        let endsAt: Int64
        var checkAt: Int64
        var beatAt: Int64
    }
    private struct Watched {
        var readers: Set<Int> = []
        var progress: LogProgress?
        var mark: String?
        var isPumping = false
        var isChanged = false
        /// When it is told again after a failure; monotonic microseconds.
        var retryAt: Int64 = 0
    }
    private struct State {
        var readers: [Int: Reader] = [:]
        var watched: [LiveTopic: Watched] = [:]
        var persons: [String: Int] = [:]
        var next = 0
        var isStopping = false

        mutating func unwatch(_ topic: LiveTopic, by key: Int) {
            watched[topic]?.readers.remove(key)
            if watched[topic]?.readers.isEmpty == true { watched[topic] = nil }
        }
    }
    private let state = Mutex(State())

    var isStopping: Bool { state.withLock { $0.isStopping } }
    package var count: Int { state.withLock { $0.readers.count } }

    /// - Throws: `busy` or `throttled` when there is no place for another stream of this person.
    func checkRoom(for person: String) throws {
        let (all, own) = state.withLock { ($0.readers.count, $0.persons[person] ?? 0) }
        guard all < LiveLimits.readersMax else {
            throw Failure(.busy, "\(LiveLimits.readersMax) streams are open here; ask again with poll=1 meanwhile")
        }
        guard own < LiveLimits.streamsPerPersonMax else {
            throw Failure(
                .throttled,
                "\(own) of your streams are open here, and at most \(LiveLimits.streamsPerPersonMax) may be; ask with poll=1"
            )
        }
    }

    // MARK: readers come and go

    /// - Returns: false when we are stopping.
    func add(_ key: Int, _ reader: Reader) -> Bool {
        let isIn = state.withLock { state in
            guard !state.isStopping else { return false }
            state.readers[key] = reader
            state.persons[reader.person, default: 0] += 1
            for topic in reader.topics { state.watched[topic, default: Watched()].readers.insert(key) }
            return true
        }
        // Whoever left before it was in is not told of again.
        if isIn, reader.stream.isGone() { remove(key) }
        return isIn
    }

    func newKey() -> Int {
        state.withLock {
            $0.next += 1
            return $0.next
        }
    }

    @discardableResult
    func remove(_ key: Int) -> Reader? {
        state.withLock { state -> Reader? in
            guard let reader = state.readers.removeValue(forKey: key) else { return nil }
            for topic in reader.topics { state.unwatch(topic, by: key) }
            let left = (state.persons[reader.person] ?? 1) - 1
            state.persons[reader.person] = left > 0 ? left : nil
            return reader
        }
    }

    /// The reader is told no more of this topic.
    func drop(_ topic: LiveTopic, of key: Int) {
        state.withLock { state in
            state.readers[key]?.topics.removeAll { $0 == topic }
            state.unwatch(topic, by: key)
        }
    }

    package func stop() {
        let all = state.withLock { state in
            state.isStopping = true
            return Array(state.readers.keys)
        }
        for key in all { end(key, "the server is being restarted", retryMilliseconds: LiveLimits.retryMilliseconds) }
    }

    func end(_ key: Int, _ words: String, retryMilliseconds: Int) {
        guard let reader = remove(key), let last = try? LiveFrames.end(words, retryMilliseconds: retryMilliseconds)
        else { return }
        reader.stream.end(StreamPiece(last))
    }

    // MARK: what is watched

    func watched() -> [LiveTopic] { state.withLock { Array($0.watched.keys) } }

    /// What one look found. Topics that are gone are not in it.
    func look(_ progress: [LogProgress], marks: [LiveTopic: String], _ app: App) {
        let clock = Clock.monotonicMicroseconds()
        let changed = state.withLock { state -> Set<LiveTopic> in
            // Of these the last telling failed, and nothing else may change that would bring the next.
            let failed = state.watched.lazy.filter { _, watched in
                watched.isChanged && !watched.isPumping && watched.retryAt <= clock
            }
            var changed = Set(failed.map(\.key))
            for now in progress {
                let topic = LiveTopic.log(now.job)
                guard var watched = state.watched[topic] else { continue }
                // An append of this instance may have said more since the look began.
                let isOld = watched.progress.map { $0.task == now.task && $0.rows > now.rows } ?? false
                guard !isOld, watched.progress.map({ $0.differs(from: now) }) ?? true else { continue }
                watched.progress = now
                state.watched[topic] = watched
                changed.insert(topic)
            }
            for (topic, mark) in marks where state.watched[topic] != nil && state.watched[topic]?.mark != mark {
                state.watched[topic]?.mark = mark
                changed.insert(topic)
            }
            return changed
        }
        for topic in changed { pump(topic, app) }
    }

    /// Rows were stored by this instance: those who watch get them without a look.
    func grew(_ task: TaskID, rows: Int64, _ app: App) {
        let grown = state.withLock { state -> LiveTopic? in
            guard
                let (topic, old) = state.watched.lazy.compactMap({ topic, watched in
                    watched.progress.flatMap { $0.task == task ? (topic, $0) : nil }
                }).first, rows > old.rows
            else { return nil }
            var progress = old
            progress.rows = rows
            state.watched[topic]?.progress = progress
            return topic
        }
        if let grown { pump(grown, app) }
    }

    /// The reader has taken everything: what came meanwhile follows.
    func drained(_ key: Int, _ app: App) {
        let topics = state.withLock { state -> [LiveTopic] in
            guard state.readers[key]?.isFull == true else { return [] }
            state.readers[key]?.isFull = false
            return state.readers[key]?.topics ?? []
        }
        for topic in topics { pump(topic, app) }
    }

    // MARK: telling

    /// Tells everybody who lacks something of the topic, on a thread of the poll lane; one at a time, so that events keep their order.
    func pump(_ topic: LiveTopic, _ app: App) {
        let hold = state.withLock { state -> Hold? in
            guard var watched = state.watched[topic], let key = watched.readers.first else { return nil }
            watched.isChanged = true
            let isFirst = !watched.isPumping
            watched.isPumping = true
            state.watched[topic] = watched
            return isFirst ? state.readers[key]?.hold : nil
        }
        hold?.work { [self] in
            do { try tell(topic, app) } catch {
                state.withLock {
                    $0.watched[topic]?.isPumping = false
                    $0.watched[topic]?.isChanged = true
                    $0.watched[topic]?.retryAt = Clock.monotonicMicroseconds() + LiveLimits.retellMicroseconds
                }
                app.log.warning("an event could not be made", metadata: ["topic": "\(topic)", "err": "\(error)"])
            }
        }
    }

    private func tell(_ topic: LiveTopic, _ app: App) throws {
        while let round = nextRound(of: topic) {
            switch topic {
            case .log(let job):
                guard let progress = round.progress else { continue }
                try tell(job, progress, round, app)
            case .run, .runs:
                guard let mark = round.mark else { continue }
                let piece = StreamPiece(try LiveFrames.changed(topic, mark: mark))
                for reader in round.readers where reader.marks[topic] != mark {
                    tell(reader.key, piece) { $0.marks[topic] = mark }
                }
            }
        }
    }

    private struct Round {
        struct Reader {
            let key: Int
            let from: Int64
            let marks: [LiveTopic: String]
            let isEnded: Bool
            let isFull: Bool
        }
        let progress: LogProgress?
        let mark: String?
        let readers: [Reader]
    }

    /// Nil when nothing changed since the last round.
    private func nextRound(of topic: LiveTopic) -> Round? {
        state.withLock { state in
            guard var watched = state.watched[topic] else { return nil }
            guard watched.isChanged else {
                watched.isPumping = false
                state.watched[topic] = watched
                return nil
            }
            watched.isChanged = false
            state.watched[topic] = watched
            var job: JobID?
            if case .log(let id) = topic { job = id }
            return Round(
                progress: watched.progress, mark: watched.mark,
                readers: watched.readers.compactMap { key in
                    state.readers[key].map { reader in
                        Round.Reader(
                            key: key, from: job.flatMap { reader.rows[$0] } ?? 0, marks: reader.marks,
                            isEnded: job.map(reader.ended.contains) ?? false, isFull: reader.isFull)
                    }
                })
        }
    }

    private func tell(_ job: JobID, _ progress: LogProgress, _ round: Round, _ app: App) throws {
        let topic = LiveTopic.log(job)
        let lacking = round.readers.filter { $0.marks[topic] != progress.mark }
        if !lacking.isEmpty, let piece = try statePiece(of: job, progress, app) {
            for reader in lacking { tell(reader.key, piece) { $0.marks[topic] = progress.mark } }
        }
        var behind = round.readers.filter { reader in
            !reader.isFull && (reader.from < progress.rows || progress.hasEnded && !reader.isEnded)
        }
        // Most are at the same row, and get the same bytes.
        while let from = behind.first?.from {
            let (bytes, next) = try LiveFrames.rows(job, progress, from: from, app)
            let piece = StreamPiece(bytes)
            let isEnd = progress.hasEnded && next >= progress.rows
            for reader in behind where reader.from == from {
                tell(reader.key, piece) { reader in
                    reader.rows[job] = max(next, from)
                    if isEnd { reader.ended.insert(job) }
                }
            }
            behind.removeAll { $0.from == from }
            if next < progress.rows { state.withLock { $0.watched[topic]?.isChanged = true } }
        }
    }

    private func statePiece(of job: JobID, _ progress: LogProgress, _ app: App) throws -> StreamPiece? {
        guard let repository = try app.liveViews.repositories(of: [.log(job)])[.log(job)],
            let view = try app.views.job(job, in: repository)
        else { return nil }
        return StreamPiece(try LiveFrames.state(LiveJob(view, progress, in: repository, app)))
    }

    private func tell(_ key: Int, _ piece: StreamPiece, _ note: (inout Reader) -> Void) {
        guard let stream = state.withLock({ $0.readers[key]?.stream }) else { return }
        guard stream.send(piece) else {
            remove(key)
            return
        }
        let isFull = stream.queued > LiveLimits.streamBehindBytes
        state.withLock { state in
            guard var reader = state.readers[key] else { return }
            note(&reader)
            reader.isFull = isFull
            reader.beatAt = Clock.monotonicMicroseconds() + LiveLimits.heartbeatMicroseconds
            state.readers[key] = reader
        }
        // It may have taken all between the two looks, and nobody would tell.
        if isFull, stream.queued == 0 { state.withLock { $0.readers[key]?.isFull = false } }
    }

    // MARK: time passes

    /// Heartbeats, streams that are old, and those whose access is due to be looked at again.
    func beat() -> (due: [(key: Int, reader: Reader)], old: [Int]) {
        let now = Clock.monotonicMicroseconds()
        let (beats, due, old) = state.withLock { state in
            var beats: [(Int, HeldStream)] = []
            var due: [(key: Int, reader: Reader)] = []
            var old: [Int] = []
            for (key, reader) in state.readers {
                if reader.endsAt <= now {
                    old.append(key)
                } else if reader.checkAt <= now {
                    state.readers[key]?.checkAt = now + LiveLimits.checkMicroseconds
                    due.append((key, reader))
                }
                if reader.beatAt <= now {
                    state.readers[key]?.beatAt = now + LiveLimits.heartbeatMicroseconds
                    beats.append((key, reader.stream))
                }
            }
            return (beats, due, old)
        }
        for (key, stream) in beats where !stream.send(LiveFrames.heartbeat) { remove(key) }
        return (due, old)
    }
}

extension LogProgress {
    fileprivate func differs(from now: LogProgress) -> Bool {
        now.rows != rows || now.hasEnded != hasEnded || now.task != task || now.mark != mark
    }
}
