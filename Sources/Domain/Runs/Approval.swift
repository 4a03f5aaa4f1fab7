/// Whether somebody has to let a run start (rest.md 12, `approve`).
public enum RunApproval: Int64, Equatable, Sendable {
    case notNeeded = 0
    /// Its jobs stay blocked until then.
    case awaited
    case given

    /// What an approval does.
    ///
    /// - Parameter isDone: the run ended meanwhile, since somebody cancelled it.
    /// - Returns: false when it was given before, so that it changes nothing.
    public func approve(isDone: Bool) throws(ApprovalRefusal) -> Bool {
        switch self {
        case .notNeeded: throw .neverWaited
        case .given: return false
        case .awaited where isDone: throw .isDone
        case .awaited: return true
        }
    }
}

/// Why an approval is refused; nothing was changed.
public enum ApprovalRefusal: Error, Equatable, Sendable {
    case neverWaited
    case isDone
}

extension RunScript {
    /// Lets a run start that waited for it. A second approval changes nothing.
    ///
    /// - Returns: false when the run is gone.
    /// - Throws: `ApprovalRefusal`, with nothing changed.
    public func approve(_ run: RunID, by actor: AccountID?) throws -> Bool {
        // A run that waits for its approval has no place in its group; groups are locked before runs.
        let place = try tables.group(of: run).map { try takePlace(tables.enterGroup($0)) }
        guard let locked = try lock(run) else { return false }
        guard try locked.approval.approve(isDone: locked.status.isDone) else { return true }
        try tables.approve(run, by: actor)
        if let place { try tables.enter(run, place) }
        try tables.append(Event(.runApproved, run: run, actor: actor))
        _ = try apply(.approved, to: locked.approved(at: place))
        return true
    }
}
