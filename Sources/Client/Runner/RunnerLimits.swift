/// Limits of the embedded runner. Names end in their unit; times are `Duration`.
enum EmbeddedRunnerLimits {
    /// Rows in one UpdateLog; the protocol has no limit, so we keep the server's work per request small (runner.md 5.1).
    static let rowsPerCallMax = 1000
    /// Bytes of row content in one UpdateLog. Must stay below `client_max_body_size` of the RPC location in nginx.
    static let bytesPerCallMax = 4 * 1024 * 1024
    /// Bytes of one row; the server cuts there too (`LogLimits.rowBytesMax`).
    static let rowBytesMax = 65_536
    /// Rows that make a log call due before its second is over (runner.md 7.2, client R).
    static let rowsPendingDue = 100
    /// Bytes of an output's name and value; the server drops larger ones (runner.md 4.3).
    static let outputKeyBytesMax = 255
    static let outputValueBytesMax = 1024 * 1024
    /// Bytes of one line of act; a longer one is taken in parts. A JSON line is a few times its row.
    static let lineBytesMax = 32 * 1024 * 1024
    /// Lines of act kept to explain a job that never began.
    static let complaintLinesMax = 50

    static let logInterval: Duration = .seconds(1)
    static let stateInterval: Duration = .milliseconds(1500)
    /// How long a final report is repeated while the server is away. Above the 5 minutes an upgrade may take,
    /// below the 10 minutes after which the server gives the task up (runner.md 4.2, ZOMBIE).
    static let finalReportPatience: Duration = .seconds(9 * 60)
    /// The server holds a FetchTask for up to about 28 s; what is sent as Connect-Timeout-Ms.
    static let fetchTimeout: Duration = .seconds(30)
    static let callTimeout: Duration = .seconds(20)
    /// Pause between two fetches that were answered at once (runner.md 7.1).
    static let fetchInterval: Duration = .seconds(2)
    /// From SIGINT to SIGKILL of a cancelled job; its `always()` steps run in between.
    static let cancelGrace: Duration = .seconds(10)
    /// A git that fetches an action for longer is killed.
    static let fetchingTimeout: Duration = .seconds(15 * 60)
    /// Published actions of one job, those that they use included.
    static let actionsMax = 200
    /// Composite actions inside of one another, as GitHub's runner has it.
    static let actionDepthMax = 10
    /// Bytes of an action.yml that is looked through for what it uses.
    static let actionBytesMax = 1024 * 1024
    /// Bytes of one step's summary; the server takes no more (runner.md 6.6).
    static let summaryBytesMax = 1024 * 1024
}

/// Pauses between attempts: 1 s doubling to 10 s, ± 20 %, so that many runners do not return in step.
struct Backoff {
    private var next = 1.0

    mutating func pause() -> Duration {
        let pause = next * Double.random(in: 0.8...1.2)
        next = min(next * 2, 10)
        return .milliseconds(Int64(pause * 1000))
    }

    mutating func reset() { next = 1 }
}
