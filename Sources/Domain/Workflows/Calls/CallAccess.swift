/// Whether workflows of one repository may call those of another: what everybody may read, and what has the same owner.
///
/// GitHub asks the owner of a private repository for a setting beside; there is none here, and one owner's repositories trust
/// each other with their runners and secrets already.
public func mayCallWorkflows(of callee: RepositoryFacts, from caller: RepositoryFacts) -> Bool {
    callee.id == caller.id || callee.owner == caller.owner
        || !callee.isPrivate && callee.ownerVisibility == .public
}
