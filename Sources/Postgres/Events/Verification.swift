import Domain

/// One file of `sql/checks`: a query that gives one text for each thing that breaks an invariant.
public struct InvariantCheck: Sendable {
    /// The file's name without `.sql`, such as `i1_one_live_task`.
    public let name: String
    public let sql: String

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

public struct VerificationResult: Sendable {
    public let name: String
    /// What breaks it, in words; empty when it holds. At most `Verification.findingsMax`.
    public let findings: [String]
}

/// Compares what is stored with what must hold (DESIGN section 6). Reads only, in snapshots, beside a running server.
public struct Verification: Sendable {
    /// Findings told for one check; the first few tell the story.
    public static let findingsMax = 100
    /// Runs replayed in one snapshot.
    private static let pageMax: Int64 = 500

    let database: Database
    public init(database: Database) { self.database = database }

    public func run(_ check: InvariantCheck) throws -> VerificationResult {
        let statement = Statement("check_" + check.name, check.sql)
        let rows = try database.snapshot { try $0.run(statement) }
        return VerificationResult(name: check.name, findings: rows.prefix(Self.findingsMax).map { $0.text(0) })
    }

    private static let runs = Statement(
        "verify_runs",
        """
        select r.id, r.status from run r
         where r.id > $1 and exists (select 1 from event e where e.run_id = r.id and e.kind = 'run_status')
         order by r.id limit $2
        """)
    private static let jobs = Statement(
        "verify_jobs",
        """
        select j.id, j.status, j.continue_on_error,
               a.number = r.latest_attempt
               and not (j.is_deferred and j.status in (6, 8)
                        and exists (select 1 from job c where c.caller_id = j.id and c.attempt_id = j.attempt_id and c.status > 4)),
               j.is_given_up
          from job j join attempt a on a.id = j.attempt_id join run r on r.id = j.run_id where j.run_id = $1 order by j.id
        """)

    /// Replays every run's events and compares with its rows: each move was allowed, the end is what is stored, and the
    /// run's status follows from its jobs (I2, I3). Runs made before events had a status are passed over.
    ///
    /// - Parameter progress: runs replayed so far.
    public func replay(progress: (Int) -> Void) throws -> VerificationResult {
        var findings: [String] = []
        var after: Int64 = 0
        var count = 0
        while findings.count < Self.findingsMax {
            let page = try database.snapshot { tx -> [RunID] in
                let rows = try tx.run(Self.runs, .int(after), .int(Self.pageMax))
                for row in rows { findings += try Self.faults(of: row, in: tx) }
                return rows.map { RunID($0.int(0)) }
            }
            guard let last = page.last else { break }
            after = last.number
            count += page.count
            progress(count)
        }
        return VerificationResult(name: "events_replayed", findings: Array(findings.prefix(Self.findingsMax)))
    }

    private static func faults(of row: Row, in tx: Transaction) throws -> [String] {
        let run = RunID(row.int(0))
        let replay = Replay(try EventStore.statuses(of: run, in: tx))
        var live: [StatusEvent.Subject: Status] = [:]
        live[.run(run)] = Status(rawValue: row.int(1))
        var counted: [Status] = []
        for job in try tx.run(Self.jobs, .int(run.number)) {
            guard let status = Status(rawValue: job.int(1)) else { continue }
            live[.job(JobID(job.int(0)))] = status
            guard job.bool(3) else { continue }
            counted.append(countedStatus(status, continueOnError: job.bool(2), isGivenUp: job.bool(4)))
        }
        var faults = replay.faults.map { "run \(run): \($0)" } + replay.differences(to: live)
        let expected = aggregate(counted)
        if live[.run(run)] != expected {
            faults.append("run \(run) is \(live[.run(run)].map { "\($0)" } ?? "?"), its jobs make it \(expected)")
        }
        return faults
    }
}
