import Domain

/// A claimed job with all that its task message is made of (runner.md 3.7).
public struct Assignment: Sendable {
    public let task: TaskID
    public let job: JobID
    public let jobKey: String
    public let facts: RunContext
    /// What the payload is made of; nil for a job that a server of before 0067 planned.
    let definition: String?
    /// The payload of such a job, made at planning.
    let plannedPayload: String?
    /// `github.event`, as JSON text.
    public let eventPayload: String
    public let repositoryID: RepositoryID
    /// The job's own `timeout-minutes`, when it is a number.
    public let timeoutSeconds: Int64?
    /// Its permissions let it ask for an identity token.
    public let mayIdentify: Bool
    public let needs: [NeedResult]
    /// Secrets, sealed, and variables of all levels.
    public let settings: JobSettings
    /// Actions that its steps use in the place of others.
    var replacements = ActionReplacements.none
    public var run: RunID { facts.run }

    /// What the runner gets: a workflow with this one job.
    ///
    /// - Throws: `JobDefinition.Fault` with the reason why it cannot be made.
    public func payload() throws -> [UInt8] {
        guard let made = try replaced() else { return Array((plannedPayload ?? "").utf8) }
        return Domain.payload(of: made.definition)
    }

    private func replaced() throws -> (definition: JobDefinition, replaced: [ReplacedAction])? {
        guard let definition else { return nil }
        return try JobDefinition(stored: Array(definition.utf8)).replacing(by: replacements)
    }

    /// Writes down what is replaced, for the run's page. What cannot be read is told by ``payload()``.
    func noteReplaced(in tx: Transaction) throws {
        guard !replacements.isEmpty, let made = try? replaced(), !made.replaced.isEmpty else { return }
        try TaskStore.note(made.replaced, of: task, in: tx)
    }

    /// Which secrets of `settings` the job gets, and under which names.
    public func secretGrant() throws -> SecretGrant {
        try definition.map { try JobDefinition(stored: Array($0.utf8)).secrets } ?? .all
    }
}

extension Assignment {
    private static let describe = Statement(
        "task_describe",
        """
        select \(RunContext.columns), j.id, j.key, j.definition,
               case when j.definition is null then j.payload end, r.payload, p.id, j.needs, a.id, j.timeout_seconds, j.id_token,
               r.is_from_fork, p.owner_id, j.caller_id,
               (select d.environment_id from deployment d where d.job_id = j.id and d.refusal = '')
          from \(RunContext.taskTables)
         where t.id = $1
        """)
    private static let needsOf = Statement(
        "task_needs",
        """
        select j.id, j.key, j.status, j.continue_on_error, o.name, o.value, j.is_given_up
          from job j left \(JobStore.outputsOfJob)
         where j.attempt_id = $1 and j.key = any($2) and j.caller_id is not distinct from $3 order by j.id, o.name
        """)

    /// Outputs of needs are read at fetch time: they were complete before the job became waiting (runner.md 4.6).
    static func load(_ task: TaskID, in tx: Transaction) throws -> Assignment? {
        guard let row = try tx.first(Self.describe, .int(task.number)) else { return nil }
        let next = RunContext.columnCount
        let keys = row.texts(next + 6)
        let legs =
            keys.isEmpty
            ? [] : try legs(of: AttemptID(row.int(next + 7)), keys: keys, caller: row.optionalInt(next + 12), in: tx)
        let facts = RunContext(row, at: 0)
        let repository = RepositoryID(row.int(next + 5))
        return Assignment(
            task: task, job: JobID(row.int(next)), jobKey: row.text(next + 1), facts: facts,
            definition: row.optionalText(next + 2), plannedPayload: row.optionalText(next + 3),
            eventPayload: row.text(next + 4), repositoryID: repository,
            timeoutSeconds: row.optionalInt(next + 8), mayIdentify: row.bool(next + 9) && !row.bool(next + 10),
            needs: keys.map { needResult($0, among: legs) },
            settings: try JobSettings.all(
                of: repository, owner: AccountID(row.int(next + 11)),
                environment: row.optionalInt(next + 13).map(EnvironmentID.init),
                withSecrets: receivesSecrets(event: facts.event, isFromFork: row.bool(next + 10)), in: tx))
    }

    /// - Parameter caller: the job that called the workflow that the keys are of.
    private static func legs(
        of attempt: AttemptID, keys: [String], caller: Int64?, in tx: Transaction
    ) throws -> [JobSnapshot] {
        var legs: [JobSnapshot] = []
        var outputs: [JobOutput] = []
        let rows = try tx.run(Self.needsOf, .int(attempt.number), .texts(keys), .optional(caller))
        for (index, row) in rows.enumerated() {
            if !row.isNull(4) { outputs.append(JobOutput(name: row.text(4), value: row.text(5))) }
            guard index + 1 == rows.count || rows[index + 1].int(0) != row.int(0) else { continue }
            guard let conclusion = Conclusion(rawValue: row.int(2)) else {
                throw ColumnProblem(description: "a need that is over has the status \(row.int(2))")
            }
            var leg = JobSnapshot(
                id: JobID(row.int(0)), key: row.text(1), needs: [], condition: nil, continueOnError: row.bool(3),
                hasOutputs: !outputs.isEmpty, state: .done(conclusion), outputs: outputs)
            leg.isGivenUp = row.bool(6)
            legs.append(leg)
            outputs = []
        }
        return legs
    }
}
