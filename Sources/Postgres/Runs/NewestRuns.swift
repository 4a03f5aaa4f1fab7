import Domain

/// The newest runs of many things at once, for pages that show one line of each: one statement, and an index for each thing.
extension RunQueries {
    /// The newest run of each repository of a page.
    static let newestOfRepositories = Statement(
        "run_newest_of_repositories",
        """
        with found as materialized (
            select hit.id from unnest($1::bigint[]) p (id) cross join lateral
                (select r.id from run r where r.repository_id = p.id order by r.id desc limit 1) hit)
        \(runColumns) join found on found.id = r.id where \(latest)
        """)
    /// The newest run of each workflow of a page, by its file's name; on one ref, or on any.
    static let newestOfWorkflows = Statement(
        "run_newest_of_workflows",
        """
        with found as materialized (
            select hit.id from unnest($2::text[]) w (id) cross join lateral
                (select r.id from run r where r.repository_id = $1 and r.workflow_id = w.id order by r.id desc limit 1) hit)
        \(runColumns) join found on found.id = r.id where \(latest)
        """)
    /// For a badge: a ref's newest runs are few beside those of others, so the ref's index is walked, as far as a bound.
    static let newestOfWorkflow = Statement(
        "run_newest_of_workflow",
        """
        with found as materialized (
            select hit.id from (select r.id, r.workflow_id, r.event from run r
                where r.repository_id = $1 and r.ref = $2 order by r.id desc limit \(NewestRunLimits.lookedAtMax)) hit
             where hit.workflow_id = $3 and ($4::text is null or hit.event = $4) order by hit.id desc limit 1)
        \(runColumns) join found on found.id = r.id where \(latest)
        """)
    /// Of each commit, the status of the newest run of each workflow.
    static let statusesOfCommits = Statement(
        "run_statuses_of_commits",
        """
        select c.sha, hit.status from unnest($2::text[]) c (sha) cross join lateral
            (select distinct on (near.workflow_id) near.status from
                (select r.workflow_id, r.status, r.id from run r where r.repository_id = $1 and r.sha = c.sha
                  order by r.id desc limit \(NewestRunLimits.runsOfCommitMax)) near
              order by near.workflow_id, near.id desc) hit
        """)

    public func newest(of repositories: [RepositoryID]) throws -> [RepositoryID: RunView] {
        guard !repositories.isEmpty else { return [:] }
        let runs = try database.read(Self.newestOfRepositories, .ints(repositories.map(\.number))).map(Self.run)
        return Dictionary(runs.map { ($0.repository, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter workflows: names of files.
    public func newest(of workflows: [String], in repository: RepositoryID) throws -> [String: RunView] {
        guard !workflows.isEmpty else { return [:] }
        let runs = try database.read(Self.newestOfWorkflows, .int(repository.number), .texts(workflows)).map(Self.run)
        return Dictionary(runs.map { ($0.workflowID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter ref: the whole one.
    public func newest(
        of workflow: String, on ref: String, event: String?, in repository: RepositoryID
    ) throws -> RunView? {
        try database.read(
            Self.newestOfWorkflow, .int(repository.number), .text(ref), .text(workflow), .optional(event)
        ).first.map(Self.run)
    }

    /// What the newest run of each workflow says of each commit; a commit without runs is not there.
    public func statuses(of commits: [String], in repository: RepositoryID) throws -> [String: [Status]] {
        guard !commits.isEmpty else { return [:] }
        var found: [String: [Status]] = [:]
        for row in try database.read(Self.statusesOfCommits, .int(repository.number), .texts(commits)) {
            let (sha, status) = try row.decode((String, Status).self)
            found[sha, default: []].append(status)
        }
        return found
    }
}

enum NewestRunLimits {
    /// Runs of a ref that a badge looks at: a workflow that ran on none of them shows no status.
    static let lookedAtMax = 1000
    /// Runs of one commit that are looked at for its status.
    static let runsOfCommitMax = 200
}
