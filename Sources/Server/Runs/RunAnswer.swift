import Domain
import Postgres

/// The state of a run, a job or a step in the two words of the API; `conclusion` is absent until it is done.
struct StateAnswer: Sendable {
    let status: String
    let conclusion: String?

    init(_ status: Status) {
        (self.status, conclusion) =
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
}

/// Where answers about a repository's runs point to.
struct RunPlace: Sendable {
    let base: String
    let repository: Repository
    var api: String { "\(base)/api/v1/repos/\(repository.fullName)" }
    var pages: String { "\(base)/\(repository.fullName)" }
}

/// A run in the shape of Gitea's API (rest.md 7): times are never null.
struct RunAnswer: Described {
    let id: Int64
    let url: String
    let html_url: String
    let display_title: String
    let path: String
    let event: String
    let run_attempt: Int64
    let run_number: Int64
    let head_sha: String
    /// Absent for what is no branch.
    let head_branch: String?
    let status: String
    let conclusion: String?
    let problem: String
    let warnings: String
    let created_at: String
    let started_at: String
    let completed_at: String
    let previous_attempt_url: JSONNull<String>
    let pull_requests: [String]
    let actor: UserAnswer
    let trigger_actor: UserAnswer
    let repository: RepositoryAnswer

    init(_ run: RunView, at place: RunPlace) {
        id = run.id.number
        url = "\(place.api)/actions/runs/\(run.id)"
        html_url = "\(place.pages)/actions/runs/\(run.number)"
        display_title = run.title
        path = "\(run.workflowID)@\(run.ref)"
        event = run.event
        run_attempt = run.attempt
        run_number = run.number
        head_sha = run.sha
        head_branch = run.branch
        let state = StateAnswer(run.status)
        status = state.status
        conclusion = state.conclusion
        problem = run.problem
        warnings = run.warnings
        created_at = clockText(run.createdAt)
        started_at = clockText(run.startedAt)
        completed_at = clockText(run.stoppedAt)
        previous_attempt_url = JSONNull(
            run.attempt > 1 ? "\(place.api)/actions/runs/\(run.id)/attempts/\(run.attempt - 1)" : nil)
        pull_requests = []
        actor = UserAnswer(run.actorID, run.actor, base: place.base)
        trigger_actor = UserAnswer(run.triggerActorID, run.triggerActor, base: place.base)
        repository = RepositoryAnswer(place.repository, base: place.base)
    }

    static let example = RunAnswer(.example, at: RunPlace(base: "https://ci.example", repository: .example))
}

extension RunView {
    /// The branch's short name; nil of a tag and of a pull request.
    var branch: String? {
        let short = shortRef(ref)
        return short.type == "branch" ? short.name : nil
    }

    static let example = RunView(
        id: RunID(7), number: 3, workflowID: "test.yml", workflowPath: ".gitea/workflows/test.yml", title: "Test",
        event: "push", ref: "refs/heads/main", sha: "e83c5163316f89bfbde7d9ab23ca2e25604af290", status: .success,
        problem: "", warnings: "", attempt: 2, actorID: 1, actor: "ann", triggerActorID: 1, triggerActor: "ann",
        createdAt: 1_767_322_845_000_000, startedAt: 1_767_322_846_000_000, stoppedAt: 1_767_322_850_000_000)
}

struct RunList: Described {
    let total_count: Int64
    let workflow_runs: [RunAnswer]
    static let example = RunList(total_count: 1, workflow_runs: [.example])
}

struct StepAnswer: Described {
    let name: String
    let number: Int64
    let status: String
    let conclusion: String?
    let started_at: String
    let completed_at: String

    /// - Parameter status: as it is shown (`shownStatuses`).
    init(_ step: StepView, status: Status) {
        name = step.name
        number = step.position
        let state = StateAnswer(status)
        self.status = state.status
        conclusion = state.conclusion
        started_at = clockText(step.startedAt)
        completed_at = clockText(step.stoppedAt)
    }

    static let example = StepAnswer(
        StepView(
            position: 0, name: "Run make test", status: .success, logIndex: 0, logLength: 10,
            startedAt: 1_767_322_846_000_000, stoppedAt: 1_767_322_849_000_000), status: .success)
}

/// A job in the shape of Gitea's API (rest.md 8).
struct JobAnswer: Described {
    let id: Int64
    let run_id: Int64
    let run_attempt: Int64
    let name: String
    let labels: [String]
    /// Names this attempt of the job to autoscalers (runner.md 2.6).
    let handle: String
    let status: String
    let conclusion: String?
    let problem: String
    let url: String
    let run_url: String
    let html_url: String
    let head_sha: String
    let head_branch: String?
    /// Absent until a runner has it.
    let runner_id: Int64?
    let runner_name: String?
    let created_at: String
    let started_at: String
    let completed_at: String
    let steps: [StepAnswer]

    init(_ job: JobView, of run: RunView, steps: [StepView], at place: RunPlace) {
        id = job.id.number
        run_id = job.run.number
        run_attempt = job.attempt
        name = job.name
        labels = job.labels
        handle = job.handle
        let state = StateAnswer(job.status)
        status = state.status
        conclusion = state.conclusion
        problem = job.problem
        url = "\(place.api)/actions/jobs/\(job.id)"
        run_url = "\(place.api)/actions/runs/\(job.run)"
        html_url = "\(place.pages)/actions/runs/\(run.number)/jobs/\(job.id)"
        head_sha = run.sha
        head_branch = run.branch
        runner_id = job.runnerID
        runner_name = job.runnerID == nil ? nil : job.runnerName
        created_at = clockText(job.createdAt)
        started_at = clockText(job.startedAt)
        completed_at = clockText(job.stoppedAt)
        let shown = shownStatuses(ofSteps: steps.map(\.status), job: job.status)
        self.steps = zip(steps, shown).map { StepAnswer($0, status: $1) }
    }

    static let example = JobAnswer(
        JobView(
            id: JobID(11), run: RunID(7), attempt: 2, key: "test", name: "test", needs: [], labels: ["ubuntu-latest"],
            status: .success, problem: "", handle: "0b8d6ac2-8e0f-4e43-9a3e-0f5e6f8f5f10", task: TaskID(5), runnerID: 2,
            runnerName: "runner-1", createdAt: 1_767_322_845_000_000, startedAt: 1_767_322_846_000_000,
            stoppedAt: 1_767_322_850_000_000), of: .example,
        steps: [
            StepView(
                position: 0, name: "Run make test", status: .success, logIndex: 0, logLength: 10,
                startedAt: 1_767_322_846_000_000, stoppedAt: 1_767_322_849_000_000)
        ], at: RunPlace(base: "https://ci.example", repository: .example))
}

struct JobList: Described {
    let total_count: Int64
    let jobs: [JobAnswer]
    static let example = JobList(total_count: 1, jobs: [.example])
}

/// Why something waits, in the words of the page and of `millrace why`.
package struct ReasonAnswer: Described {
    let kind: String
    let message: String

    package init(_ reason: Reason) {
        kind = reason.kind.rawValue
        message = reason.words
    }

    private init(kind: String, message: String) {
        self.kind = kind
        self.message = message
    }
    package static let example = ReasonAnswer(kind: "no_runner", message: "no runner has the label \"arm64\"")
}
