import Domain

/// Writes `annotation`, with the rows of the log that say it: in the transaction of `LogStore.append`, which holds the task's row.
public struct AnnotationStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    static let insert = Statement(
        "annotation_insert",
        """
        with have as (select kind, count(*) as kept from annotation where task_id = $1 group by kind)
        insert into annotation (task_id, log_row, kind, title, file, line, col, message)
        select $1, n.log_row, n.kind, n.title, n.file, n.line, n.col, n.message
          from (select *, row_number() over (partition by kind order by log_row) as rank
                  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
                    as u (log_row, kind, title, file, line, col, message)) n
          left join have h on h.kind = n.kind
         where coalesce(h.kept, 0) + n.rank <= \(AnnotationLimits.keptPerKindMax)
            on conflict do nothing
        """)
    static let ofTasks = Statement(
        "annotation_list",
        """
        select task_id, log_row, kind, title, file, line, col, message from annotation
         where task_id = any($1) order by kind, task_id, log_row limit $2
        """)

    /// - Parameter annotations: by the rows of the whole log.
    static func keep(_ annotations: [PlacedAnnotation], of task: TaskID, in tx: Transaction) throws {
        guard !annotations.isEmpty else { return }
        let all = annotations.map(\.annotation)
        try tx.run(
            insert, .int(task.number), .ints(annotations.map(\.row)), .ints(all.map(\.kind.rawValue)),
            .texts(all.map(\.title)), .texts(all.map(\.file)), .ints(all.map(\.line)), .ints(all.map(\.column)),
            .texts(all.map(\.message)))
    }

    /// Of all jobs of a page at once: errors of all tasks first.
    public func annotations(of tasks: [TaskID], most: Int64) throws -> [TaskID: [PlacedAnnotation]] {
        guard !tasks.isEmpty else { return [:] }
        var found: [TaskID: [PlacedAnnotation]] = [:]
        for row in try database.read(Self.ofTasks, .ints(tasks.map(\.number)), .int(most)) {
            let (task, logRow, kind, title, file, line, column, message) = try row.decode(
                (TaskID, Int64, Int64, String, String, Int64, Int64, String).self)
            guard let kind = Annotation.Kind(rawValue: kind) else { continue }
            found[task, default: []].append(
                PlacedAnnotation(
                    Annotation(kind, message, title: title, file: file, line: line, column: column), row: logRow))
        }
        return found
    }
}
