import Domain
import Postgres
import Web

/// The page of what waits for runners: all of it for site administrators, what they may see for others.
enum QueuePages {
    static let all: [Endpoint] = [
        Endpoint(.get, "/-/queue", .anyone, answers: [.page], "Show which jobs wait for a runner, and why.", page)
    ]

    @Sendable private static func page(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let queue = try app.waits.queue(
            caller.isAdmin && caller.scopes == nil ? .everything : .repositories(seen(by: caller, app)))
        return try QueuePage(
            head: PageHead("Queue", caller: caller), hasNone: queue.isEmpty, hasRows: !queue.isEmpty,
            rows: queue.map { depth in
                QueueRow(
                    labels: depth.labels.map(RunnerLabelPart.init),
                    waiting: depth.isWhole ? "\(depth.waiting)" : "\(depth.waiting)+",
                    oldest: TimePart(depth.oldest, now: request.now), runners: words(depth), why: depth.reason.words)
            }
        ).response()
    }

    private static func words(_ depth: QueueDepth) -> String {
        let parts = [
            (depth.free, "free"), (depth.busy, "busy"), (depth.offline, "offline"), (depth.disabled, "disabled"),
        ]
        let known = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return known.isEmpty ? "none" : known.joined(separator: ", ")
    }

    /// Repositories with waiting jobs whose pages the caller may see.
    private static func seen(by caller: Caller, _ app: App) throws -> [RepositoryID] {
        let access = LiveAccess(app: app)
        let topics = try app.waits.waitingRepositories().map(LiveTopic.runs)
        let refused = try access.refused(topics, to: caller)
        return topics.compactMap { topic in
            guard refused[topic] == nil, case .runs(let repository) = topic else { return nil }
            return repository
        }
    }
}
