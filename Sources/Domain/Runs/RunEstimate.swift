/// How long a run takes yet, by how long its workflow's green runs took.
public enum RunEstimate: Equatable, Sendable {
    /// Microseconds.
    case left(Int64)
    /// It runs longer than usual; microseconds that it usually takes.
    case overdue(usually: Int64)

    /// Green runs that are looked at.
    public static let runsMax: Int64 = 20
    /// Below it, the middle says nothing.
    public static let runsMin = 3

    /// - Parameters:
    ///   - durations: of the workflow's last green runs, in microseconds.
    ///   - elapsed: since the run started.
    /// - Returns: nil when there are too few.
    public init?(durations: [Int64], elapsed: Int64) {
        guard durations.count >= Self.runsMin, let usual = percentile(durations, 50) else { return nil }
        self = elapsed < usual ? .left(usual - max(0, elapsed)) : .overdue(usually: usual)
    }
}

/// The value that `percent` of the values do not exceed (nearest rank); nil of none.
public func percentile(_ values: [Int64], _ percent: Int) -> Int64? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let rank = (min(max(percent, 0), 100) * sorted.count + 99) / 100
    return sorted[max(0, rank - 1)]
}
