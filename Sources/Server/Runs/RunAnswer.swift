import Domain
import Postgres

/// The state of a run, a job or a step in the two words of the API; `conclusion` is absent until it is done.
struct StateAnswer: Sendable {
    let status: String
    let conclusion: String?

    /// - Parameter awaitsApproval: of the run; what is blocked then waits for a person.
    init(_ status: Status, awaitsApproval: Bool = false) {
        (self.status, conclusion) =
            switch status {
            case .blocked where awaitsApproval: ("waiting", nil)
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
    let updated_at: String
    let started_at: String
    let completed_at: String
    let previous_attempt_url: JSONNull<String>
    let jobs_url: String
    let logs_url: String
    let artifacts_url: String
    let cancel_url: String
    let rerun_url: String
    let pull_requests: [String]
    let actor: UserAnswer
    let trigger_actor: UserAnswer
    let repository: RepositoryAnswer

    init(_ run: RunView, at place: RunPlace) {
        id = run.id.number
        url = "\(place.api)/actions/runs/\(run.id)"
        html_url = "\(place.pages)/actions/runs/\(run.id)"
        display_title = run.title
        path = "\(run.workflowID)@\(run.ref)"
        event = run.event
        run_attempt = run.attempt
        run_number = run.number
        head_sha = run.sha
        head_branch = run.branch
        let state = StateAnswer(run.status, awaitsApproval: run.awaitsApproval)
        status = state.status
        conclusion = state.conclusion
        problem = run.problem
        warnings = run.warnings
        created_at = clockText(run.createdAt)
        updated_at = clockText(run.stoppedAt ?? run.startedAt ?? run.createdAt)
        started_at = clockText(run.startedAt)
        completed_at = clockText(run.stoppedAt)
        previous_attempt_url = JSONNull(run.attempt > 1 ? "\(url)/attempts/\(run.attempt - 1)" : nil)
        jobs_url = "\(url)/jobs"
        logs_url = "\(url)/logs"
        artifacts_url = "\(url)/artifacts"
        cancel_url = "\(url)/cancel"
        rerun_url = "\(url)/rerun"
        pull_requests = []
        actor = UserAnswer(run.actorID, run.actor, base: place.base)
        trigger_actor = UserAnswer(run.triggerActorID, run.triggerActor, base: place.base)
        repository = RepositoryAnswer(place.repository, base: place.base)
    }

    static let example = RunAnswer(.example, at: RunPlace(base: "https://ci.example", repository: .example))
}

/// The branch's short name; nil of a tag and of a pull request.
func branchName(_ ref: String) -> String? {
    let short = shortRef(ref)
    return short.type == "branch" ? short.name : nil
}

extension RunView {
    var branch: String? { branchName(ref) }

    static let example = RunView(
        id: RunID(7), repository: RepositoryID(1), number: 3, workflowID: "test.yml",
        workflowPath: ".gitea/workflows/test.yml", title: "Test",
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

    init(_ job: JobView, steps: [StepView], at place: RunPlace) {
        id = job.id.number
        run_id = job.run.number
        run_attempt = job.attempt
        name = job.name
        labels = job.labels
        handle = job.handle
        let state = StateAnswer(job.status, awaitsApproval: job.awaitsApproval)
        status = state.status
        conclusion = state.conclusion
        problem = job.problem
        url = "\(place.api)/actions/jobs/\(job.id)"
        run_url = "\(place.api)/actions/runs/\(job.run)"
        html_url = "\(place.pages)/actions/runs/\(job.run)/jobs/\(job.id)"
        head_sha = job.sha
        head_branch = branchName(job.ref)
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
            id: JobID(11), repository: RepositoryID(1), run: RunID(7), ref: "refs/heads/main",
            sha: "e83c5163316f89bfbde7d9ab23ca2e25604af290", attempt: 2, key: "test", name: "test", needs: [],
            labels: ["ubuntu-latest"],
            status: .success, problem: "", handle: "0b8d6ac2-8e0f-4e43-9a3e-0f5e6f8f5f10", task: TaskID(5), runnerID: 2,
            runnerName: "runner-1", createdAt: 1_767_322_845_000_000, startedAt: 1_767_322_846_000_000,
            stoppedAt: 1_767_322_850_000_000),
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

/// A task in the shape of the oldest list (rest.md 9).
struct TaskAnswer: Described {
    let id: Int64
    /// The job's.
    let name: String
    /// Short: a branch, a tag, or `#12`.
    let head_branch: String
    let head_sha: String
    let run_number: Int64
    let event: String
    let display_title: String
    /// Gitea's own word, not the pair of the other lists.
    let status: String
    let workflow_id: String
    /// The run's page.
    let url: String
    let created_at: String
    let updated_at: String
    let run_started_at: String

    init(_ task: TaskView, at place: RunPlace) {
        id = task.id.number
        name = task.name
        head_branch = shownRef(task.ref)
        head_sha = task.sha
        run_number = task.runNumber
        event = task.event
        display_title = task.title
        status = task.status == .cancelling ? "running" : "\(task.status)"
        workflow_id = task.workflowID
        url = "\(place.pages)/actions/runs/\(task.run)"
        created_at = clockText(task.startedAt)
        updated_at = clockText(task.updatedAt)
        run_started_at = clockText(task.startedAt)
    }

    private init() {
        id = 5
        name = "test"
        head_branch = "main"
        head_sha = "e83c5163316f89bfbde7d9ab23ca2e25604af290"
        run_number = 3
        event = "push"
        display_title = "Test"
        status = "success"
        workflow_id = "test.yml"
        url = "https://ci.example/ann/demo/actions/runs/7"
        created_at = "2026-01-02T03:04:06Z"
        updated_at = "2026-01-02T03:04:10Z"
        run_started_at = "2026-01-02T03:04:06Z"
    }
    static let example = TaskAnswer()
}

struct TaskList: Described {
    let total_count: Int64
    /// Sic.
    let workflow_runs: [TaskAnswer]
    static let example = TaskList(total_count: 1, workflow_runs: [.example])
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
