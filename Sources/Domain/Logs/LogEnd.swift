/// Whether more rows are to be expected, for readers who wait: the last rows often come after the last state.
///
/// - Parameters:
///   - quietSeconds: since the task ended or was last heard of, whichever is later; nil when it never began.
public func logHasEnded(isFinal: Bool, state: LogState, quietSeconds: Int64?, graceSeconds: Int64) -> Bool {
    guard isFinal else { return false }
    switch state {
    case .sealed, .closed: return true
    // Nobody said `no_more`, and after the grace nobody will: the log is about to be sealed as it is.
    case .open: return quietSeconds.map { $0 > graceSeconds } ?? true
    }
}
