import Domain

/// A summary as a page shows it.
public struct SummaryView: Sendable {
    public let place: SummaryPlace
    /// The step's name; "" for the whole job.
    public let step: String
    /// Its beginning, when it is longer than was asked for.
    public let content: [UInt8]
    public let byteCount: Int64
}

/// Writes `job_summary`.
public struct JobSummaryStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    /// Locked, so that two summaries at once cannot both find the last room, and none arrives after the end.
    private static let lockTask = Statement(
        "summary_lock_task", "select 1 from task where id = $1 and status in (6, 8) for no key update")
    private static let facts = Statement(
        "summary_facts",
        """
        select exists (select 1 from step where task_id = $1 and position = $2),
               (select coalesce(sum(octet_length(content)), 0)::bigint from job_summary where task_id = $1 and step <> $2)
        """)
    private static let put = Statement(
        "summary_put",
        """
        insert into job_summary (task_id, step, content) values ($1, $2, $3)
            on conflict (task_id, step) do update set content = excluded.content, written_at = now()
        """)
    private static let clear = Statement("summary_clear", "delete from job_summary where task_id = $1 and step = $2")
    private static let ofTask = Statement(
        "summary_list",
        """
        select m.step, coalesce(s.name, ''), substring(m.content for $2::bigint::int), octet_length(m.content)
          from job_summary m left join step s on s.task_id = m.task_id and s.position = m.step
         where m.task_id = $1 order by m.step
        """)

    /// - Returns: nil when the task has ended meanwhile.
    /// - Throws: `SummaryRefusal`; what was there stays.
    public func put(_ content: [UInt8], at place: SummaryPlace, of task: TaskID) throws -> SummaryChange? {
        try database.transaction { tx in
            guard try tx.first(Self.lockTask, .int(task.number)) != nil else { return nil }
            let facts = try tx.first(Self.facts, .int(task.number), .int(place.number))
            let change = try judgeSummary(
                byteCount: content.count, at: place, stepExists: facts?.bool(0) ?? false,
                otherBytes: Int(facts?.int(1) ?? 0))
            switch change {
            case .store: try tx.run(Self.put, .int(task.number), .int(place.number), .bytes(content))
            case .clear: try tx.run(Self.clear, .int(task.number), .int(place.number))
            }
            return change
        }
    }

    private static let which = Statement(
        "summary_tasks", "select distinct task_id from job_summary where task_id = any($1)")

    /// Those of these tasks that have a summary.
    public func summarized(among tasks: [TaskID]) throws -> Set<TaskID> {
        guard !tasks.isEmpty else { return [] }
        return Set(try database.read(Self.which, .ints(tasks.map(\.number))).map { TaskID($0.int(0)) })
    }

    /// In the order of the steps, the whole job's first.
    ///
    /// - Parameter bytesMax: of each one's content.
    public func summaries(of task: TaskID, bytesMax: Int) throws -> [SummaryView] {
        try database.read(Self.ofTask, .int(task.number), .int(Int64(bytesMax))).map { row in
            SummaryView(
                place: row.int(0) < 0 ? .job : .step(row.int(0)), step: row.text(1), content: row.bytes(2),
                byteCount: row.int(3))
        }
    }
}
