import Domain

/// A workflow that a repository has runs of.
public struct WorkflowChoice: Sendable {
    public let file: String
    /// Its name in the newest run; "" without one.
    public let name: String
}

/// What a page of runs offers to choose from, and what it says of the runs that wait. Each value is found by one step in an
/// index, however many runs have it.
extension RunQueries {
    static let choicesMax: Int64 = 100
    /// Runs whose branches and actors are offered.
    static let recentMax: Int64 = 200
    /// Runs of one status that are counted for the links above the list.
    public static let statusCountedMax: Int64 = 999

    static let workflowChoices = Statement(
        "run_choices_workflow",
        """
        with recursive file (id) as (
            (select workflow_id from run where repository_id = $1 order by workflow_id limit 1)
             union all
            select (select r.workflow_id from run r where r.repository_id = $1 and r.workflow_id > f.id order by r.workflow_id limit 1)
              from file f where f.id is not null)
        select f.id, (select r.workflow_name from run r where r.repository_id = $1 and r.workflow_id = f.id order by r.id desc limit 1)
          from file f where f.id is not null limit \(choicesMax)
        """)
    static let eventChoices = Statement(
        "run_choices_event",
        """
        with recursive event (name) as (
            (select event from run where repository_id = $1 order by event limit 1)
             union all
            select (select r.event from run r where r.repository_id = $1 and r.event > e.name order by r.event limit 1)
              from event e where e.name is not null)
        select e.name from event e where e.name is not null limit \(choicesMax)
        """)
    static let recentChoices = Statement(
        "run_choices_recent",
        """
        select r.ref, coalesce(u.name, '')
          from (select ref, actor_id from run where repository_id = $1 order by id desc limit \(recentMax)) r
          left join account u on u.id = r.actor_id group by 1, 2
        """)
    static let statusCounts = Statement(
        "run_choices_status",
        """
        select s.status, c.runs from unnest($2::bigint[]) s (status)
         cross join lateral (select count(*) as runs from (
               select 1 from run r where r.repository_id = $1 and r.status = s.status limit \(statusCountedMax + 1)) counted) c
        """)
    static let firstWaiting = Statement(
        "run_first_waiting",
        """
        select p.id, w.id from unnest($1::bigint[]) p (id)
         cross join lateral (select j.id from job j where j.run_id = p.id and j.status in (5, 7) order by j.id limit 1) w
        """)
    static let greenDurations = Statement(
        "run_green_durations",
        """
        select (extract(epoch from a.stopped_at - a.started_at) * 1000000)::bigint
          from (select id, latest_attempt from run where repository_id = $1 and workflow_id = $2 and id < $3 order by id desc
                 limit 200) r
          join attempt a on a.run_id = r.id and a.number = r.latest_attempt
         where a.status = 1 and a.number = 1 and a.started_at is not null and a.stopped_at is not null
         order by r.id desc limit \(RunEstimate.runsMax)
        """)
    private static let payloadOf = Statement(
        "run_payload", "select case when octet_length(payload) <= $2 then payload end from run where id = $1")

    /// In the order of their files.
    public func workflowChoices(of repository: RepositoryID) throws -> [WorkflowChoice] {
        try database.read(Self.workflowChoices, .int(repository.number)).map {
            WorkflowChoice(file: $0.text(0), name: $0.text(1))
        }
    }

    public func eventChoices(of repository: RepositoryID) throws -> [String] {
        try database.read(Self.eventChoices, .int(repository.number)).map { $0.text(0) }
    }

    /// Branches and actors of the newest runs, each once, sorted.
    public func recentChoices(of repository: RepositoryID) throws -> (branches: [String], actors: [String]) {
        let rows = try database.read(Self.recentChoices, .int(repository.number))
        let branches = Set(rows.map { $0.text(0) }).compactMap { ref -> String? in
            ref.utf8.starts(with: "refs/heads/".utf8) ? String(decoding: ref.utf8.dropFirst(11), as: UTF8.self) : nil
        }
        return (branches.sorted(), Set(rows.map { $0.text(1) }).filter { !$0.isEmpty }.sorted())
    }

    /// Up to one above `statusCountedMax`.
    public func statusCounts(of repository: RepositoryID, _ statuses: [Status]) throws -> [Status: Int64] {
        let rows = try database.read(Self.statusCounts, .int(repository.number), .ints(statuses.map(\.rawValue)))
        return try rows.reduce(into: [:]) { $0[try $1.status(0)] = $1.int(1) }
    }

    /// Of each run that waits the first job that does.
    public func firstWaiting(of runs: [RunID]) throws -> [RunID: JobID] {
        guard !runs.isEmpty else { return [:] }
        return try database.read(Self.firstWaiting, .ints(runs.map(\.number))).reduce(into: [:]) {
            $0[RunID($1.int(0))] = JobID($1.int(1))
        }
    }

    /// How long the workflow's last green runs before this one took, in microseconds; reruns take only a part of the jobs.
    public func greenDurations(before run: RunView) throws -> [Int64] {
        try database.read(
            Self.greenDurations, .int(run.repository.number), .text(run.workflowID), .int(run.id.number)
        ).map { $0.int(0) }
    }

    /// The event's JSON; nil when it is larger than this.
    public func payload(of run: RunID, bytesMax: Int64) throws -> String? {
        try database.read(Self.payloadOf, .int(run.number), .int(bytesMax)).first?.optionalText(0)
    }
}
