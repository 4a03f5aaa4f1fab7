import Domain
import Postgres
import Web

/// Where answers of the mount point to.
struct GitHubPlace: Sendable {
    let base: String
    let repository: Repository

    init(_ request: Request, _ place: InRepository, _ app: App) {
        self.init(base: app.base(of: request), repository: place.repository)
    }

    init(base: String, repository: Repository) {
        self.base = base
        self.repository = repository
    }

    var api: String { "\(base)\(GitHubRoutes.base)/repos/\(repository.fullName)" }
    var pages: String { "\(base)/\(repository.fullName)" }
    static let example = GitHubPlace(base: "https://ci.example", repository: .example)
}

/// The number by which GitHub's clients know a workflow: the same as long as the file has its name. 53 bits, so that
/// JavaScript reads it.
func workflowNumber(_ file: String) -> Int64 {
    let hash = Blake2b.hash(Array(file.utf8), bytes: 8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(hash >> 11) | 1
}

/// A time that has not come is null here.
private func time(_ microseconds: Int64?) -> JSONNull<String> { JSONNull(microseconds.map { clockText($0) }) }

struct GitHubUser: Described {
    let id: Int64
    let node_id: String
    let login: String
    let html_url: String
    let avatar_url = ""
    let type: String

    init(_ id: Int64, _ name: String, base: String, isOrganization: Bool = false) {
        self.id = id
        node_id = "user-\(id)"
        login = name
        html_url = "\(base)/\(name)"
        type = isOrganization ? "Organization" : "User"
    }
    static let example = GitHubUser(1, "ann", base: "https://ci.example")
}

struct GitHubRepository: Described {
    let id: Int64
    let node_id: String
    let name: String
    let full_name: String
    let owner: GitHubUser
    let `private`: Bool
    let fork = false
    let archived: Bool
    let description: String
    let default_branch: String
    let url: String
    let html_url: String
    let clone_url: String
    let created_at: String
    let updated_at: String

    init(_ place: GitHubPlace) {
        let repository = place.repository
        id = repository.id.number
        node_id = "repository-\(repository.id)"
        name = repository.name
        full_name = repository.fullName
        owner = GitHubUser(repository.facts.owner.number, repository.ownerName, base: place.base)
        `private` = repository.facts.isPrivate
        archived = repository.details.isArchived
        description = repository.details.description
        default_branch = repository.defaultBranch
        url = place.api
        html_url = place.pages
        clone_url = place.pages + ".git"
        created_at = clockText(repository.details.createdAt)
        updated_at = clockText(repository.details.updatedAt)
    }
    static let example = GitHubRepository(.example)
}

struct GitHubRun: Described {
    let id: Int64
    let node_id: String
    let name: String
    let display_title: String
    let path: String
    let workflow_id: Int64
    let workflow_url: String
    let event: String
    let run_number: Int64
    let run_attempt: Int64
    let head_sha: String
    let head_branch: JSONNull<String>
    let status: String
    let conclusion: JSONNull<String>
    let created_at: String
    let updated_at: String
    let run_started_at: JSONNull<String>
    let url: String
    let html_url: String
    let jobs_url: String
    let logs_url: String
    let artifacts_url: String
    let cancel_url: String
    let rerun_url: String
    let previous_attempt_url: JSONNull<String>
    let pull_requests: [String] = []
    let actor: GitHubUser
    let triggering_actor: GitHubUser
    let repository: GitHubRepository

    init(_ run: RunView, at place: GitHubPlace) {
        id = run.id.number
        node_id = "run-\(run.id)"
        name = run.workflowID
        display_title = run.title
        path = run.workflowPath
        workflow_id = workflowNumber(run.workflowID)
        workflow_url = "\(place.api)/actions/workflows/\(workflow_id)"
        event = run.event
        run_number = run.number
        run_attempt = run.attempt
        head_sha = run.sha
        head_branch = JSONNull(run.branch)
        let state = StateAnswer(run.status, awaitsApproval: run.awaitsApproval)
        status = state.status
        conclusion = JSONNull(state.conclusion)
        created_at = clockText(run.createdAt)
        updated_at = clockText(run.stoppedAt ?? run.startedAt ?? run.createdAt)
        run_started_at = time(run.startedAt)
        url = "\(place.api)/actions/runs/\(run.id)"
        html_url = "\(place.pages)/actions/runs/\(run.id)"
        jobs_url = "\(url)/jobs"
        logs_url = "\(url)/logs"
        artifacts_url = "\(url)/artifacts"
        cancel_url = "\(url)/cancel"
        rerun_url = "\(url)/rerun"
        previous_attempt_url = JSONNull(run.attempt > 1 ? "\(url)/attempts/\(run.attempt - 1)" : nil)
        actor = GitHubUser(run.actorID, run.actor, base: place.base)
        triggering_actor = GitHubUser(run.triggerActorID, run.triggerActor, base: place.base)
        repository = GitHubRepository(place)
    }
    static let example = GitHubRun(.example, at: .example)
}

struct GitHubRunList: Described {
    let total_count: Int64
    let workflow_runs: [GitHubRun]
    static let example = GitHubRunList(total_count: 1, workflow_runs: [.example])
}

struct GitHubStep: Described {
    let name: String
    /// From 1.
    let number: Int64
    let status: String
    let conclusion: JSONNull<String>
    let started_at: JSONNull<String>
    let completed_at: JSONNull<String>

    init(_ step: StepView, status shown: Status) {
        name = step.name
        number = step.position + 1
        let state = StateAnswer(shown)
        status = state.status
        conclusion = JSONNull(state.conclusion)
        started_at = time(step.startedAt)
        completed_at = time(step.stoppedAt)
    }
    static let example = GitHubStep(
        StepView(
            position: 0, name: "Run make", status: .success, logIndex: 0, logLength: 1,
            startedAt: 1_767_322_846_000_000, stoppedAt: 1_767_322_849_000_000), status: .success)
}

struct GitHubJob: Described {
    let id: Int64
    let node_id: String
    let run_id: Int64
    let run_attempt: Int64
    let name: String
    let labels: [String]
    let head_sha: String
    let head_branch: JSONNull<String>
    let status: String
    let conclusion: JSONNull<String>
    let created_at: String
    let started_at: JSONNull<String>
    let completed_at: JSONNull<String>
    let url: String
    let run_url: String
    let html_url: String
    let runner_id: JSONNull<Int64>
    let runner_name: JSONNull<String>
    let steps: [GitHubStep]

    init(_ job: JobView, steps: [StepView], at place: GitHubPlace) {
        id = job.id.number
        node_id = "job-\(job.id)"
        run_id = job.run.number
        run_attempt = job.attempt
        name = job.name
        labels = job.labels
        head_sha = job.sha
        head_branch = JSONNull(branchName(job.ref))
        let state = StateAnswer(job.status, awaitsApproval: job.awaitsApproval)
        status = state.status
        conclusion = JSONNull(state.conclusion)
        created_at = clockText(job.createdAt)
        started_at = time(job.startedAt)
        completed_at = time(job.stoppedAt)
        url = "\(place.api)/actions/jobs/\(job.id)"
        run_url = "\(place.api)/actions/runs/\(job.run)"
        html_url = "\(place.pages)/actions/runs/\(job.run)/jobs/\(job.id)"
        runner_id = JSONNull(job.runnerID)
        runner_name = JSONNull(job.runnerID == nil ? nil : job.runnerName)
        let shown = shownStatuses(ofSteps: steps.map(\.status), job: job.status)
        self.steps = zip(steps, shown).map { GitHubStep($0, status: $1) }
    }
    static let example = GitHubJob(
        JobView(
            id: JobID(11), repository: RepositoryID(1), run: RunID(7), ref: "refs/heads/main",
            sha: "e83c5163316f89bfbde7d9ab23ca2e25604af290", attempt: 1, key: "test", name: "test", needs: [],
            labels: ["ubuntu-latest"], status: .success, problem: "", handle: "", task: TaskID(5), runnerID: 2,
            runnerName: "runner-1", createdAt: 1_767_322_845_000_000, startedAt: 1_767_322_846_000_000,
            stoppedAt: 1_767_322_850_000_000),
        steps: [
            StepView(
                position: 0, name: "Run make", status: .success, logIndex: 0, logLength: 1,
                startedAt: 1_767_322_846_000_000, stoppedAt: 1_767_322_849_000_000)
        ], at: .example)
}

struct GitHubJobList: Described {
    let total_count: Int64
    let jobs: [GitHubJob]
    static let example = GitHubJobList(total_count: 1, jobs: [.example])
}

struct GitHubArtifact: Described {
    struct OfRun: Described {
        let id: Int64
        let repository_id: Int64
        let head_repository_id: Int64
        let head_sha: String
        static let schemaName = "GitHubArtifactRun"
        static let example = OfRun(
            id: 7, repository_id: 1, head_repository_id: 1, head_sha: "e83c5163316f89bfbde7d9ab23ca2e25604af290")
    }
    let id: Int64
    let node_id: String
    let name: String
    let size_in_bytes: Int64
    let digest: JSONNull<String>
    let expired: Bool
    let url: String
    let archive_download_url: String
    let created_at: String
    let updated_at: String
    let expires_at: String
    let workflow_run: OfRun

    init(_ artifact: ArtifactView, at place: GitHubPlace) {
        id = artifact.id.number
        node_id = "artifact-\(artifact.id)"
        name = artifact.name
        size_in_bytes = artifact.bytes
        digest = JSONNull(artifact.digest)
        expired = artifact.state != .uploaded
        url = "\(place.api)/actions/artifacts/\(artifact.id)"
        archive_download_url = url + "/zip"
        created_at = clockText(artifact.createdAt)
        updated_at = clockText(artifact.uploadedAt ?? artifact.createdAt)
        expires_at = clockText(artifact.expiresAt)
        workflow_run = OfRun(
            id: artifact.run.number, repository_id: place.repository.id.number,
            head_repository_id: place.repository.id.number, head_sha: artifact.sha)
    }

    private init() {
        id = 4
        node_id = "artifact-4"
        name = "dist"
        size_in_bytes = 1_500_000
        digest = JSONNull("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        expired = false
        url = "https://ci.example/api/v3/repos/ann/demo/actions/artifacts/4"
        archive_download_url = url + "/zip"
        created_at = "2026-01-02T03:04:05Z"
        updated_at = created_at
        expires_at = "2026-04-02T03:04:05Z"
        workflow_run = .example
    }
    static let example = GitHubArtifact()
}

struct GitHubArtifactList: Described {
    let total_count: Int64
    let artifacts: [GitHubArtifact]
    static let example = GitHubArtifactList(total_count: 1, artifacts: [.example])
}

struct GitHubRunner: Described {
    let id: Int64
    let name: String
    /// Not known here.
    let os = "unknown"
    let status: String
    let busy: Bool
    let ephemeral: Bool
    let runner_group_id = 1
    let labels: [RunnerAnswer.Label]

    init(_ runner: RunnerAnswer) {
        id = runner.id
        name = runner.name
        status = runner.status
        busy = runner.busy
        ephemeral = runner.ephemeral
        labels = runner.labels
    }
    static let example = GitHubRunner(.example)
}

struct GitHubRunnerList: Described {
    let total_count: Int64
    let runners: [GitHubRunner]
    static let example = GitHubRunnerList(total_count: 1, runners: [.example])
}

struct GitHubRegistrationToken: Described {
    let token: String
    /// GitHub's end after an hour; ours is good beyond it.
    let expires_at: String
    static let example = GitHubRegistrationToken(
        token: "0123456789abcdef0123456789abcdef01234567", expires_at: "2026-01-02T04:04:05Z")
}

/// `{}`: done, and nothing to say.
struct GitHubNothing: Described {
    static let example = GitHubNothing()
}

struct GitHubRate: Described {
    struct Resources: Described {
        let core: GitHubRate
        static let schemaName = "GitHubRateResources"
        static let example = Resources(core: .example)
    }
    let limit = 5000
    let remaining = 5000
    let used = 0
    /// Unix seconds.
    let reset: Int64
    static let example = GitHubRate(reset: 1_767_326_445)
}

struct GitHubRateLimit: Described {
    let resources: GitHubRate.Resources
    let rate: GitHubRate
    static let example = GitHubRateLimit(resources: .example, rate: .example)
}
