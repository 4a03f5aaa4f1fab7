public enum JobSummaryLimits {
    /// Bytes of a step's summary, and of all that one task wrote (runner.md 6.6). nginx/millrace.conf lets 2 MiB through,
    /// so that what is too large is told in our words.
    public static let stepBytesMax = 1024 * 1024
    public static let taskBytesMax = 1024 * 1024
    /// Bytes of a page's summaries; the rest is behind a link.
    public static let pageBytesMax = 256 * 1024
}

/// What a summary is of.
public enum SummaryPlace: Hashable, Sendable {
    case step(Int64)
    /// Forgejo's runner writes one for the whole job.
    case job

    /// As it is stored; steps count from 0.
    public var number: Int64 {
        switch self {
        case .step(let position): position
        case .job: -1
        }
    }
}

public enum SummaryChange: String, Equatable, Sendable {
    /// The words of Gitea's answer.
    case store = "success"
    case clear = "cleared"
}

public enum SummaryRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownStep(Int64)
    case tooLarge(byteCount: Int)
    case taskIsFull(byteCount: Int)

    public var description: String {
        switch self {
        case .unknownStep(let position): "this job has no step \(position); steps count from 0"
        case .tooLarge(let byteCount):
            "the summary is \(byteCount) bytes; a step's may have at most \(JobSummaryLimits.stepBytesMax), write less to $GITHUB_STEP_SUMMARY"
        case .taskIsFull(let byteCount):
            "the summaries of this job would be \(byteCount) bytes; all together may have at most \(JobSummaryLimits.taskBytesMax)"
        }
    }
}

/// What becomes of a summary that arrived. An empty one clears what was there.
///
/// - Parameter otherBytes: what the task has stored for other places.
public func judgeSummary(
    byteCount: Int, at place: SummaryPlace, stepExists: Bool, otherBytes: Int
) throws(SummaryRefusal) -> SummaryChange {
    if case .step(let position) = place, !stepExists { throw .unknownStep(position) }
    guard byteCount > 0 else { return .clear }
    guard byteCount <= JobSummaryLimits.stepBytesMax else { throw .tooLarge(byteCount: byteCount) }
    guard otherBytes + byteCount <= JobSummaryLimits.taskBytesMax else {
        throw .taskIsFull(byteCount: otherBytes + byteCount)
    }
    return .store
}
