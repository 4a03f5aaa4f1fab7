/// The part of an event that says where a job or a run went.
public struct StatusEvent: Equatable, Sendable {
    public enum Subject: Hashable, Sendable {
        case run(RunID)
        case job(JobID)
    }
    public let subject: Subject
    public let status: Status

    public init(_ subject: Subject, _ status: Status) {
        self.subject = subject
        self.status = status
    }
}

/// What the events of a run tell about where everything is, and what in them cannot have happened.
public struct Replay: Equatable, Sendable {
    public private(set) var statuses: [StatusEvent.Subject: Status] = [:]
    public private(set) var faults: [String] = []

    /// - Parameter events: of one run, in the order in which they were appended.
    public init(_ events: [StatusEvent]) {
        for event in events {
            if case .job(let job) = event.subject, let old = statuses[event.subject],
                !mayMove(from: old, to: event.status)
            {
                faults.append("job \(job) went from \(old) to \(event.status), which no rule allows")
            }
            statuses[event.subject] = event.status
        }
    }

    /// Differences to the live rows, in words; empty when the events explain them.
    public func differences(to live: [StatusEvent.Subject: Status]) -> [String] {
        live.sorted { "\($0.key)" < "\($1.key)" }.compactMap { subject, status in
            let told = statuses[subject]
            guard told != status else { return nil }
            return "\(subject.words) is \(status), its events say \(told.map { "\($0)" } ?? "nothing")"
        }
    }
}

extension StatusEvent.Subject {
    public var words: String {
        switch self {
        case .run(let id): "run \(id)"
        case .job(let id): "job \(id)"
        }
    }
}
