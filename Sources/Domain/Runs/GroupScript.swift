extension RunScript {
    /// Takes the next turn in a group that was just locked.
    func takePlace(_ entry: GroupEntry) throws -> GroupPlace {
        let members = try tables.members(of: entry.group)
        // Somebody else may have to move: the newcomer's transaction moves no other run.
        if !members.isEmpty { try tables.notifyGroup(entry.group) }
        return GroupPlace(entry, among: members)
    }

    /// Lets a job into the queue of the group that it wants. The transaction that made it ready holds its run, and a group is
    /// locked before runs, so it could only write the wish down.
    ///
    /// - Returns: the group, whose moves are due now; nil when the job wants nothing any more.
    public func enter(_ job: JobID) throws -> GroupID? {
        guard let wish = try tables.wish(of: job) else { return nil }
        let entry = try tables.enterGroup(wish.group, in: wish.repository)
        // Asked again under the run's lock: somebody may have cancelled it, or entered it, meanwhile.
        guard try lock(wish.run) != nil, try tables.wish(of: job) == wish else { return nil }
        try tables.enter(job, entry)
        return entry.group
    }

    /// Makes the next move that is due in a group: lets a run or a job in, or cancels one. The group is locked before the run, and
    /// each is moved in a transaction of its own.
    ///
    /// - Returns: who was moved, for the caller to ask again; nil when all is in order.
    public func wake(_ group: GroupID) throws -> GroupMember? {
        try tables.lockGroup(group)
        switch groupMove(try tables.members(of: group)) {
        case nil: return nil
        case .cancel(let member, let newcomer):
            let name = try tables.name(of: group)
            let why = "superseded by \(newcomer.words) in concurrency group \"\(name)\""
            let event = member.job.map { RunEvent.job($0, .cancelRequested) } ?? .cancelRequested
            _ = try apply(event, to: member.run, problem: why)
            return member
        case .start(let member):
            guard let locked = try lock(member.run) else { return member }
            if let job = member.job {
                try tables.hold(job)
                _ = try apply(.woken, to: locked)
            } else {
                try tables.hold(member.run)
                _ = try apply(.woken, to: locked.holding)
            }
            return member
        }
    }
}
