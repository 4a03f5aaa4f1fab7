/// Whether workflows of one repository may call those of another.
///
/// What everybody may read, they may. A private one is called by private ones of the same owner alone: whoever reads the caller sees
/// the callee's jobs, logs and faults. What a stranger sent for review calls no private one at all. GitHub asks the owner of a
/// private repository for a setting beside, which there is not here.
public func mayCallWorkflows(of callee: RepositoryFacts, from caller: RepositoryFacts, isFromFork: Bool) -> Bool {
    if callee.id == caller.id || !callee.isPrivate && callee.ownerVisibility == .public { return true }
    return callee.owner == caller.owner && caller.isPrivate && !isFromFork
}
