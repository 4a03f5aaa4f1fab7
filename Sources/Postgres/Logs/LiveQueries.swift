import Domain

/// What streams of events look at: a mark of each watched run and repository, all by one statement each (docs/adr/0039).
public struct LiveQueries: Sendable {
    /// Unfinished runs of one status that a repository's mark looks at, the newest first.
    static let runsMax: Int64 = 500
    /// Events at the end of a run that its mark looks at: two that commit at once may do it in the other order of their ids.
    static let eventsMax: Int64 = 16

    let database: Database
    public init(database: Database) { self.database = database }

    private static let places = Statement(
        "live_places",
        """
        select 0, j.id, j.repository_id from job j where j.id = any($1)
        union all select 1, r.id, r.repository_id from run r where r.id = any($2)
        """)
    private static let runs = Statement(
        "live_runs",
        """
        select w.id, left(md5(coalesce((
                   select string_agg(e.id::text, ' ' order by e.id)
                     from (select id from event where run_id = w.id order by id desc limit \(eventsMax)) e), '')), 16)
          from unnest($1::bigint[]) w (id)
        """)
    private static let repositories = Statement(
        "live_repositories",
        """
        select w.id, left(md5(concat_ws(' ',
                   (select max(r.id) from run r where r.repository_id = w.id),
                   (select string_agg(u.status || ':' || u.id, ' ' order by u.status, u.id)
                      from (values (5), (6), (7), (8)) s (status)
                     cross join lateral (
                         select r.status, r.id from run r
                          where r.repository_id = w.id and r.status = s.status order by r.id desc limit \(runsMax)) u))), 16)
          from unnest($1::bigint[]) w (id)
        """)

    /// In which repository the job or run of each topic is; one that is gone is not there.
    public func repositories(of topics: [LiveTopic]) throws -> [LiveTopic: RepositoryID] {
        var jobs: [Int64] = []
        var runs: [Int64] = []
        var found: [LiveTopic: RepositoryID] = [:]
        for topic in topics {
            switch topic {
            case .log(let job): jobs.append(job.number)
            case .run(let run): runs.append(run.number)
            case .runs(let repository): found[topic] = repository
            }
        }
        guard !jobs.isEmpty || !runs.isEmpty else { return found }
        for row in try database.read(Self.places, .ints(jobs), .ints(runs)) {
            let topic = row.int(0) == 0 ? LiveTopic.log(JobID(row.int(1))) : .run(RunID(row.int(1)))
            found[topic] = RepositoryID(row.int(2))
        }
        return found
    }

    /// A text for each run and repository that changes when its run, jobs or runs do. Of logs it says nothing (`LogStore.progress`).
    public func marks(of topics: [LiveTopic]) throws -> [LiveTopic: String] {
        var runs: [Int64] = []
        var repositories: [Int64] = []
        for topic in topics {
            switch topic {
            case .log: continue
            case .run(let run): runs.append(run.number)
            case .runs(let repository): repositories.append(repository.number)
            }
        }
        var marks: [LiveTopic: String] = [:]
        if !runs.isEmpty {
            for row in try database.read(Self.runs, .ints(runs)) { marks[.run(RunID(row.int(0)))] = row.text(1) }
        }
        if !repositories.isEmpty {
            for row in try database.read(Self.repositories, .ints(repositories)) {
                marks[.runs(RepositoryID(row.int(0)))] = row.text(1)
            }
        }
        return marks
    }
}
