import Domain

extension RunQueries {
    private static let attemptsOfJob = Statement(
        "job_attempts",
        "\(jobColumns) where j.run_id = $1 and j.key = $2 and j.name = $3 order by a.number, j.id limit $4")

    /// The same job in each attempt of its run, the oldest first.
    public func attempts(of job: JobView, limit: Int64 = 100) throws -> [JobView] {
        try database.read(Self.attemptsOfJob, .int(job.run.number), .text(job.key), .text(job.name), .int(limit))
            .map(Self.job)
    }
}
