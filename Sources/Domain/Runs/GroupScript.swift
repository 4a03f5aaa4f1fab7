extension RunScript {
    /// Takes the next turn in a group that was just locked.
    func takePlace(_ entry: GroupEntry) throws -> GroupPlace {
        let members = try tables.members(of: entry.group)
        // Somebody else may have to move: the newcomer's transaction moves no other run.
        if !members.isEmpty { try tables.notifyGroup(entry.group) }
        return GroupPlace(entry, among: members)
    }

    /// Makes the next move that is due in a group: lets a run in, or cancels one. The group is locked before the run, and each
    /// run is moved in a transaction of its own.
    ///
    /// - Returns: the run that was moved, for the caller to ask again; nil when all is in order.
    public func wake(_ group: GroupID) throws -> RunID? {
        try tables.lockGroup(group)
        switch groupMove(try tables.members(of: group)) {
        case nil: return nil
        case .cancel(let run):
            _ = try apply(.cancelRequested, to: run, problem: "a newer run of its concurrency group came")
            return run
        case .start(let run):
            guard let locked = try lock(run) else { return run }
            try tables.hold(run)
            _ = try apply(.woken, to: locked.holding)
            return run
        }
    }
}
