import Domain

/// Files of logs whose rows went with their run, as a trigger wrote them down (sql/migrations/0060).
extension LogStore {
    private static let removals = Statement(
        "log_removal_due", "select id, path from log_removal order by id limit $1 for update skip locked")
    private static let settleRemovals = Statement("log_removal_settle", "delete from log_removal where id = any ($1)")

    /// Hands over paths below storage.dir/logs; those that `remove` takes away are settled, the others come again.
    ///
    /// - Returns: how many were taken away.
    public func eachRemoval(limit: Int, _ remove: (String) -> Bool) throws -> Int {
        try database.transaction { tx in
            let due = try tx.run(Self.removals, .int(Int64(limit)))
            // Unlinking is no wait, and one that is lost with the transaction is done again: removing what is gone is done.
            let gone = due.filter { remove($0.text(1)) }.map { $0.int(0) }
            if !gone.isEmpty { try tx.run(Self.settleRemovals, .ints(gone)) }
            return gone.count
        }
    }
}
