import Domain
import Foundation
import Postgres
import Web

/// What a delivery says, in Gitea's shapes: made of the rows as they are when it is sent first, and of what was told of the
/// moment, where they may say otherwise by then.
struct WebhookPayload {
    /// What the triggers write (migration 0120).
    struct Told: Decodable {
        var run: Int64?
        var attempt: Int64?
        var job: Int64?
        var status: Int64?
        var inbox: Int64?
        var ref: String?
        var before: String?
        var after: String?
        var pusher: Int64?
    }

    private struct Workflow: Encodable {
        let id: String
        let name: String
        let path: String
        let state = "active"
        let url: String
        let html_url: String
        let badge_url: String
    }
    private struct RunPayload: Encodable {
        let action: String
        let workflow: Workflow
        let workflow_run: RunAnswer
        let repository: RepositoryAnswer
        let sender: UserAnswer
    }
    private struct JobPayload: Encodable {
        let action: String
        let workflow_job: JobAnswer
        let repository: RepositoryAnswer
        let sender: UserAnswer
    }

    let app: App

    /// - Returns: JSON, and the branch that filters look at, nil of what is on none; nil when what it is about is gone.
    func made(_ delivery: TakenDelivery) throws -> (json: String, branch: String?)? {
        guard let repository = try app.repositories.repository(delivery.repository) else { return nil }
        let told = try JSONDecoder().decode(Told.self, from: Data(delivery.told.utf8))
        switch delivery.event {
        case "workflow_run": return try ofRun(told, delivery, repository)
        case "workflow_job": return try ofJob(told, delivery, repository)
        case "push": return try ofPush(told, repository)
        default: return try ofEvent(told, delivery, repository)
        }
    }

    private func place(_ repository: Repository) -> RunPlace {
        RunPlace(base: app.configuration.publicURL, repository: repository)
    }

    private func ofRun(
        _ told: Told, _ delivery: TakenDelivery, _ repository: Repository
    ) throws -> (String, String?)? {
        guard let id = told.run, let attempt = told.attempt,
            let run = try app.views.run(RunID(id), attempt: attempt, in: repository.id)
        else { return nil }
        let place = place(repository)
        let file = percentEncoded(run.workflowID)
        let payload = RunPayload(
            action: delivery.action,
            workflow: Workflow(
                id: run.workflowID, name: run.workflowID, path: run.workflowPath,
                url: "\(place.api)/actions/workflows/\(file)", html_url: "\(place.pages)/actions/workflows/\(file)",
                badge_url: "\(place.pages)/actions/workflows/\(file)/badge.svg"),
            workflow_run: RunAnswer(run, at: place), repository: RepositoryAnswer(repository, base: place.base),
            sender: UserAnswer(run.triggerActorID, run.triggerActor, base: place.base))
        return (try Self.json(payload, "workflow_run", told), run.branch)
    }

    private func ofJob(
        _ told: Told, _ delivery: TakenDelivery, _ repository: Repository
    ) throws -> (String, String?)? {
        guard let id = told.job, let job = try app.views.job(JobID(id), in: repository.id),
            let run = try app.views.run(job.run, attempt: job.attempt, in: repository.id)
        else { return nil }
        let place = place(repository)
        let steps = try job.task.map { try app.views.steps(of: $0) } ?? []
        let payload = JobPayload(
            action: delivery.action, workflow_job: JobAnswer(job, steps: steps, at: place),
            repository: RepositoryAnswer(repository, base: place.base),
            sender: UserAnswer(run.triggerActorID, run.triggerActor, base: place.base))
        return (try Self.json(payload, "workflow_job", told), run.branch)
    }

    /// With the status that was told in the place of the one that the rows have now.
    private static func json(_ payload: some Encodable, _ member: String, _ told: Told) throws -> String {
        let text = String(decoding: try jsonText(payload), as: UTF8.self)
        guard let status = told.status.flatMap(Status.init(rawValue:)), let value = try? ExpressionValue(json: text)
        else { return text }
        let state = StateAnswer(status)
        let whole = value.with(member) { object in
            object.with("status") { _ in .string(state.status) }.with("conclusion") { _ in
                state.conclusion.map { .string($0) } ?? .null
            }
        }
        return whole.text(bytesMax: PushLimits.eventBytesMax) ?? text
    }

    private func ofPush(_ told: Told, _ repository: Repository) throws -> (String, String?)? {
        guard let ref = told.ref, let before = told.before, let after = told.after, !isZeroID(after) else { return nil }
        let git = GitReader(RepositoryFiles(configuration: app.configuration).directory(repository.id))
        defer { git.close() }
        guard let object = try git.object(after + "^{commit}", bytesMax: PushLimits.commitBytesMax),
            object.type == "commit", let bytes = object.bytes
        else { return nil }
        let entry = InboxEntry(
            id: InboxID(told.inbox ?? 0), repository: repository.id, pusher: told.pusher.map(AccountID.init),
            isByJob: false, kind: "push", ref: ref, before: before, after: after, payload: nil, isConfirmed: true,
            tries: 1)
        let pusher = try told.pusher.flatMap { try app.accounts.account(AccountID($0))?.name } ?? "ghost"
        let history = PushHistory(
            entry: entry, push: RepositoryEvent.Push(ref: ref, before: before, after: after), commit: object.id,
            repository: repository, inbox: app.inbox, git: git)
        let payload = try history.payload(head: Commit(bytes), pusher: pusher, base: app.configuration.publicURL)
        return (try payload.json(bytesMax: PushLimits.eventBytesMax), branchName(ref))
    }

    private func ofEvent(
        _ told: Told, _ delivery: TakenDelivery, _ repository: Repository
    ) throws -> (String, String?)? {
        guard let name = EventName(rawValue: delivery.event), let value = try? ExpressionValue(json: delivery.told),
            case .object(let object) = value, let event = object["event"], case .object(let parts) = event,
            let json = event.text(bytesMax: PushLimits.eventBytesMax)
        else { return nil }
        let answer = String(
            decoding: try jsonText(RepositoryAnswer(repository, base: app.configuration.publicURL)), as: UTF8.self)
        let sender = try told.pusher.flatMap { try app.accounts.account(AccountID($0))?.name } ?? "ghost"
        let payload = EventPayload(json: json).completed(
            for: name, repository: (try? ExpressionValue(json: answer)) ?? .null, sender: sender, senderID: told.pusher)
        var branch: String?
        if case .string(let ref) = parts["ref"] { branch = ref }
        return (payload.json, branch)
    }

    /// A push of the default branch's head onto itself, as Gitea tries a webhook.
    func test(_ place: InRepository, _ request: Request) throws -> String {
        let repository = place.repository
        let ref = "refs/heads/\(repository.defaultBranch)"
        let files = RepositoryFiles(configuration: app.configuration)
        let head =
            files.isEmpty(repository.id) ? nil : try GitView(place, request, app).branch(repository.defaultBranch)
        if let head {
            let told = Told(ref: ref, before: head.id, after: head.id, pusher: place.caller.account?.number)
            if let made = try ofPush(told, repository) { return made.0 }
        }
        struct Empty: Encodable {
            let ref: String
            let before = String(repeating: "0", count: 40)
            let after = String(repeating: "0", count: 40)
            let commits: [String] = []
            let total_commits = 0
            let repository: RepositoryAnswer
        }
        let base = app.configuration.publicURL
        return String(
            decoding: try jsonText(Empty(ref: ref, repository: RepositoryAnswer(repository, base: base))), as: UTF8.self
        )
    }
}
