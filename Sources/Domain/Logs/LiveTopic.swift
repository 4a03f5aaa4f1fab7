public enum LiveTopicLimits {
    /// Topics of one stream: a browser has one stream for all its pages.
    public static let topicsMax = 64
    /// Bytes of a mark that a client gives back.
    public static let markBytesMax = 40
}

/// What a stream of events tells of.
public enum LiveTopic: Hashable, Sendable, CustomStringConvertible {
    /// The rows of a job's log, and the state of its steps.
    case log(JobID)
    /// That the run or one of its jobs changed.
    case run(RunID)
    /// That a run of the repository changed, or came.
    case runs(RepositoryID)

    public var description: String {
        switch self {
        case .log(let job): "log:\(job)"
        case .run(let run): "run:\(run)"
        case .runs(let repository): "runs:\(repository)"
        }
    }

    fileprivate init?(_ kind: some StringProtocol, _ id: some StringProtocol) {
        guard let number = Int64(id), number > 0 else { return nil }
        switch kind {
        case "log": self = .log(JobID(number))
        case "run": self = .run(RunID(number))
        case "runs": self = .runs(RepositoryID(number))
        default: return nil
        }
    }
}

/// The topics of one stream, and what the client has of them.
public struct LiveWish: Equatable, Sendable {
    /// In the order in which they were named.
    public private(set) var topics: [LiveTopic] = []
    /// The first row that it lacks.
    public private(set) var rows: [JobID: Int64] = [:]
    /// What it saw last.
    public private(set) var marks: [LiveTopic: String] = [:]

    public enum Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        case topic(name: String, value: String)
        case none
        case tooMany(Int)

        public var description: String {
            switch self {
            case .topic(let name, let value):
                "\(name) is \"\(value)\"; write log=JOB@ROW, run=ID or runs=REPOSITORY, with ids above 0"
            case .none: "name at least one of log=JOB@ROW, run=ID and runs=REPOSITORY"
            case .tooMany(let count):
                "\(count) topics are named; one stream has at most \(LiveTopicLimits.topicsMax)"
            }
        }
    }

    /// - Parameters:
    ///   - query: `log=5@120`, `run=7@MARK`; other names are passed over. What follows the at sign is what the client has.
    ///   - lastEventID: `log:5@120` of the last event that it saw, which says more than the query of its first request.
    public init(query: [(name: String, value: String)], lastEventID: String?) throws(Invalid) {
        for (name, value) in query where ["log", "run", "runs"].contains(name) {
            guard let topic = take(name, value) else { throw .topic(name: name, value: value) }
            if !topics.contains(topic) { topics.append(topic) }
            guard topics.count <= LiveTopicLimits.topicsMax else { throw .tooMany(topics.count) }
        }
        guard !topics.isEmpty else { throw .none }
        let parts = (lastEventID ?? "").split(separator: ":", maxSplits: 1)
        // One that is none, or of another stream, says nothing.
        if parts.count == 2, let topic = take(parts[0], parts[1]), !topics.contains(topic) {
            if case .log(let job) = topic { rows[job] = nil }
            marks[topic] = nil
        }
    }

    private mutating func take(_ kind: some StringProtocol, _ value: some StringProtocol) -> LiveTopic? {
        let sides = value.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let topic = LiveTopic(kind, sides[0]) else { return nil }
        guard sides.count == 2 else { return topic }
        if case .log(let job) = topic {
            guard let row = Int64(sides[1]), row >= 0 else { return nil }
            rows[job] = row
        } else {
            guard sides[1].utf8.count <= LiveTopicLimits.markBytesMax,
                sides[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
            else { return nil }
            marks[topic] = String(sides[1])
        }
        return topic
    }
}
