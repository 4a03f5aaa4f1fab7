import Domain
import Postgres
import Web

/// How many jobs wait for which labels, for autoscalers and operators: an extension of ours.
enum QueueRoutes {
    static let all: [Endpoint] = [
        Endpoint(
            .get, "/api/v1/repos/{owner}/{repo}/actions/queue", .repository(.read, needsToken: true),
            scope: .repository, answers: answers + [.failure(404)], summary
        ) { request, place, app in try list(.repository(place.id), request, app) },
        Endpoint(
            .get, "/api/v1/orgs/{org}/actions/queue", .organization, scope: .organization,
            answers: answers + [.failure(404)], summary
        ) { request, place, app in try list(.owner(place.id), request, app) },
        Endpoint(.get, "/api/v1/user/actions/queue", .account, scope: .user, answers: answers, summary) {
            request, by, app in try list(.owner(by.account), request, app)
        },
        Endpoint(.get, "/api/v1/admin/actions/queue", .siteAdmin, scope: .admin, answers: answers, summary) {
            request, _, app in try list(.everything, request, app)
        },
    ]

    private static let answers: [AnswerShape] = [.json(200, QueueList.self), .failure(400)]
    private static let summary = "Say how many jobs wait for which labels, and which runners could take them."

    private static func list(_ place: QueuePlace, _ request: Request, _ app: App) throws -> Response {
        try request.refuseUnknownParameters(but: [])
        let queue = try app.waits.queue(place)
        return try .json(
            200,
            QueueList(
                total_count: Int64(queue.count), waiting: queue.reduce(0) { $0 + $1.waiting },
                queue: queue.map { QueueAnswer($0, now: request.now) }))
    }
}

/// The jobs that wait for one set of labels.
struct QueueAnswer: Described {
    struct Runners: Described {
        /// Online and without a job.
        let free: Int
        let busy: Int
        let offline: Int
        let disabled: Int
        static let schemaName = "QueueRunners"
        static let example = Runners(free: 0, busy: 2, offline: 1, disabled: 0)
    }
    let labels: [String]
    let waiting: Int64
    /// False when more than `waiting` wait: nobody counted on.
    let is_whole: Bool
    let oldest_queued_at: String
    let oldest_seconds: Int64
    /// Those that could take the job that waits longest.
    let runners: Runners
    let reason: ReasonAnswer

    init(_ depth: QueueDepth, now: Instant) {
        labels = depth.labels
        waiting = depth.waiting
        is_whole = depth.isWhole
        oldest_queued_at = clockText(depth.oldest.microseconds)
        oldest_seconds = max(0, (now.microseconds - depth.oldest.microseconds) / 1_000_000)
        runners = Runners(free: depth.free, busy: depth.busy, offline: depth.offline, disabled: depth.disabled)
        reason = ReasonAnswer(depth.reason)
    }

    static let example = QueueAnswer(
        QueueDepth(
            WaitingJob(repository: RepositoryID(1), owner: AccountID(1), labels: ["ubuntu-latest"]), waiting: 12,
            isWhole: true, oldest: Instant(microseconds: 1_767_322_845_000_000), runners: [],
            now: Instant(microseconds: 1_767_322_850_000_000)), now: Instant(microseconds: 1_767_322_850_000_000))
}

struct QueueList: Described {
    let total_count: Int64
    let waiting: Int64
    let queue: [QueueAnswer]
    static let example = QueueList(total_count: 1, waiting: 12, queue: [.example])
}
