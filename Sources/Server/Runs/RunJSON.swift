import Domain
import Postgres
import Web

/// Runs and jobs in the shape of Gitea's API (rest.md 7, 8): times never null, `conclusion` absent until done.
struct RunJSON: Sendable {
    let base: String
    let repository: Repository
    private var api: String { "\(base)/api/v1/repos/\(repository.fullName)" }

    static func time(_ microseconds: Int64?) -> String {
        let seconds = (microseconds ?? 0) / 1_000_000
        return String(logTime(seconds: seconds, nanoseconds: 0).prefix(19)) + "Z"
    }

    static func status(_ status: Status) -> (status: String, conclusion: String?) {
        switch status {
        case .waiting: ("queued", nil)
        case .blocked: ("pending", nil)
        case .running, .cancelling: ("in_progress", nil)
        case .success: ("completed", "success")
        case .failure: ("completed", "failure")
        case .cancelled: ("completed", "cancelled")
        case .skipped: ("completed", "skipped")
        }
    }

    private func text(_ value: String) -> String { "\"\(jsonEscaped(value))\"" }

    private func state(_ status: Status) -> String {
        let words = Self.status(status)
        return #""status":"\#(words.status)""# + (words.conclusion.map { #","conclusion":"\#($0)""# } ?? "")
    }

    private func user(_ id: Int64, _ name: String) -> String {
        #"{"id":\#(id),"login":\#(text(name)),"username":\#(text(name))}"#
    }

    var repositoryJSON: String {
        let owner = user(repository.facts.owner.number, repository.ownerName)
        let html = "\(base)/\(repository.fullName)"
        return
            #"{"id":\#(repository.id),"owner":\#(owner),"name":\#(text(repository.name)),"full_name":\#(text(repository.fullName)),"private":\#(repository.facts.isPrivate),"default_branch":\#(text(repository.defaultBranch)),"html_url":\#(text(html)),"clone_url":\#(text(html + ".git")),"has_actions":true}"#
    }

    /// Absent for what is no branch (rest.md 7).
    private func headBranch(_ run: RunView) -> String {
        let ref = shortRef(run.ref)
        return ref.type == "branch" ? #","head_branch":\#(text(ref.name))"# : ""
    }

    package func run(_ run: RunView) -> String {
        let branch = headBranch(run)
        let actor = user(run.actorID, run.actor)
        let triggerActor = user(run.triggerActorID, run.triggerActor)
        let previous = run.attempt > 1 ? text("\(api)/actions/runs/\(run.id)/attempts/\(run.attempt - 1)") : "null"
        return
            #"{"id":\#(run.id),"url":\#(text("\(api)/actions/runs/\(run.id)")),"html_url":\#(text("\(base)/\(repository.fullName)/actions/runs/\(run.number)")),"display_title":\#(text(run.title)),"path":\#(text("\(run.workflowID)@\(run.ref)")),"event":\#(text(run.event)),"run_attempt":\#(run.attempt),"run_number":\#(run.number),"head_sha":\#(text(run.sha))\#(branch),\#(state(run.status)),"problem":\#(text(run.problem)),"warnings":\#(text(run.warnings)),"created_at":"\#(Self.time(run.createdAt))","started_at":"\#(Self.time(run.startedAt))","completed_at":"\#(Self.time(run.stoppedAt))","previous_attempt_url":\#(previous),"pull_requests":[],"actor":\#(actor),"trigger_actor":\#(triggerActor),"repository":\#(repositoryJSON)}"#
    }

    func job(_ job: JobView, of run: RunView, steps: [StepView]) -> String {
        let labels = job.labels.map(text).joined(separator: ",")
        let branch = headBranch(run)
        let runner = job.runnerID.map { #","runner_id":\#($0),"runner_name":\#(text(job.runnerName))"# } ?? ""
        let shown = shownStatuses(ofSteps: steps.map(\.status), job: job.status)
        let items = zip(steps, shown).map { step, status in
            #"{"name":\#(text(step.name)),"number":\#(step.position),\#(state(status)),"started_at":"\#(Self.time(step.startedAt))","completed_at":"\#(Self.time(step.stoppedAt))"}"#
        }
        return
            #"{"id":\#(job.id),"run_id":\#(job.run),"run_attempt":\#(job.attempt),"name":\#(text(job.name)),"labels":[\#(labels)],"handle":"\#(job.handle)",\#(state(job.status)),"problem":\#(text(job.problem)),"url":\#(text("\(api)/actions/jobs/\(job.id)")),"run_url":\#(text("\(api)/actions/runs/\(job.run)")),"html_url":\#(text("\(base)/\(repository.fullName)/actions/runs/\(run.number)/jobs/\(job.id)")),"head_sha":\#(text(run.sha))\#(branch)\#(runner),"created_at":"\#(Self.time(job.createdAt))","started_at":"\#(Self.time(job.startedAt))","completed_at":"\#(Self.time(job.stoppedAt))","steps":[\#(items.joined(separator: ","))]}"#
    }
}
