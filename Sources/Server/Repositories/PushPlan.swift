import Domain
import Postgres

/// What one push starts: its workflow files read one after the other, each within its own budget.
///
/// A file that cannot be read, overruns its budget or has values that nobody can store gets a failed run with the
/// diagnostic; the other files of the push run.
struct PushPlan {
    /// Bytes of all jobs of one push that are held until they are stored. Their event is bounded by `eventBytes`.
    private static let payloadBytesMax = 64 * 1024 * 1024

    let app: App
    let history: PushHistory
    let head: Commit
    let pusher: String
    private(set) var runs: [(plan: PlannedRun, as: RunStore.Reservation)] = []
    /// Runs that the push may start; each stores the event.
    private var runsMax = 1
    /// What became of each file.
    private(set) var words = ""
    private var steps = 0
    private var payloadBytes = 0
    private var changedPaths: [String]??
    private var event: (json: String, value: ExpressionValue)?

    init(app: App, history: PushHistory, head: Commit, pusher: String) {
        self.app = app
        self.history = history
        self.head = head
        self.pusher = pusher
    }

    private struct Blob {
        package let id: String
        let isFile: Bool
        let size: Int
    }

    mutating func read() throws {
        let blobs = try workflowBlobs()
        let paths = workflowFiles(in: blobs.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            .filter { blobs[$0]?.isFile ?? false }
        runsMax = min(paths.count, PlanningLimits.filesMax + 1)
        if paths.isEmpty { words = "no workflow files: starts nothing" }
        for (place, path) in paths.enumerated() {
            guard let blob = blobs[path] else { continue }
            // Between files: a busy machine may take long for a costly one.
            try keep()
            guard place < PlanningLimits.filesMax else {
                try fail(
                    path,
                    "\(path):1:1: the commit has \(paths.count) workflow files; \(PlanningLimits.filesMax) are read, this and those behind it are not [too-many-files]"
                )
                break
            }
            try read(
                path, blob,
                steps: stepsOfNextFile(spent: steps, filesLeft: min(paths.count, PlanningLimits.filesMax) - place))
        }
    }

    private func keep() throws {
        guard try app.inbox.keep(history.entry) else { throw InboxStore.TakenOver() }
    }

    /// Links and submodules are no files, but their directory exists (workflows.md 2).
    private func workflowBlobs() throws -> [String: Blob] {
        let listing = try history.git.run(
            ["ls-tree", "-r", "-z", "-l", history.commit, "--", ".gitea/workflows", ".github/workflows"])
        var blobs: [String: Blob] = [:]
        for line in listing.split(separator: 0) {
            let parts = line.split(separator: 0x09, maxSplits: 1)
            let facts = (parts.first ?? []).split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 2, facts.count == 4 else { continue }
            blobs[String(decoding: parts[1], as: UTF8.self)] = Blob(
                id: facts[2], isFile: facts[0] == "100644" || facts[0] == "100755", size: Int(facts[3]) ?? .max)
        }
        return blobs
    }

    private mutating func read(_ path: String, _ blob: Blob, steps given: Int) throws {
        let limit = WorkflowLimits.fileBytesMax
        let object = blob.size <= limit ? try history.git.object(blob.id, bytesMax: limit) : nil
        guard let bytes = object?.bytes else {
            return try fail(path, "\(path):1:1: file has \(blob.size) bytes; at most \(limit) are read [too-large]")
        }
        guard path.utf8.count <= WorkflowLimits.pathBytesMax else {
            return try fail(
                path,
                "path has \(path.utf8.count) bytes; at most \(WorkflowLimits.pathBytesMax) are allowed [too-large]")
        }
        let file = WorkflowFile(bytes, path: path, steps: given)
        if let on = file.triggers {
            var filterSteps = given
            let decision = triggers(on, by: try push(for: on), &filterSteps)
            steps += given - max(0, filterSteps)
            if case .skipped(let reason) = decision {
                steps += file.parsingSteps
                return tell(path, reason)
            }
        }
        guard let reserved = try app.runs.reserve(1, in: history.entry.repository).first else { return }
        let made = try makeEvent()
        let facts = RunContext(
            run: reserved.run, runNumber: reserved.number, attempt: 1, event: "push", ref: history.entry.ref,
            sha: history.commit, workflowID: workflowID(ofPath: path), workflowPath: path, actor: pusher,
            triggeringActor: pusher, repositoryOwner: history.repository.ownerName,
            repositoryName: history.repository.name)
        let github = githubValue(facts, base: app.configuration.publicURL, event: made.value)
        let reading = file.reading(PlanContexts(github: github, vars: .object([]), inputs: .object([])))
        steps += reading.steps
        let errors = reading.diagnostics.filter { $0.severity == .error }
        var problem = errors.map(\.description).joined(separator: "\n")
        var jobs = errors.isEmpty ? reading.workflow?.jobs ?? [] : []
        payloadBytes += jobs.reduce(0) { $0 + $1.payload.count }
        if payloadBytes > Self.payloadBytesMax {
            problem =
                "\(path):1:1: the jobs of this push are larger than \(Self.payloadBytesMax) bytes together [too-large]"
            jobs = []
        }
        let warnings = reading.diagnostics.filter { $0.severity == .warning }.map(\.description)
        let title = reading.workflow?.runName ?? head.title ?? "(no message)"
        let plan = PlannedRun(
            workflowID: facts.workflowID, workflowPath: path, title: cut(title, bytesMax: PushLimits.titleBytesMax),
            event: "push", ref: history.entry.ref, sha: history.commit, payload: made.json, problem: problem,
            warnings: warnings.joined(separator: "\n"), jobs: jobs.map(Self.planned))
        runs.append((plan, reserved))
        tell(path, "run #\(reserved.number)\(problem.isEmpty ? "" : ", failed: \(errors.first?.message ?? problem)")")
    }

    private mutating func fail(_ path: String, _ problem: String) throws {
        guard let reserved = try app.runs.reserve(1, in: history.entry.repository).first else { return }
        let shown = cut(path, bytesMax: WorkflowLimits.pathBytesMax)
        let plan = PlannedRun(
            workflowID: workflowID(ofPath: shown), workflowPath: shown,
            title: cut(head.title ?? "(no message)", bytesMax: PushLimits.titleBytesMax), event: "push",
            ref: history.entry.ref, sha: history.commit, payload: try makeEvent().json, problem: problem, jobs: [])
        runs.append((plan, reserved))
        tell(shown, "run #\(reserved.number), failed: \(problem)")
    }

    private mutating func tell(_ path: String, _ what: String) {
        guard words.utf8.count < PushLimits.outcomeBytesMax else { return }
        words += (words.isEmpty ? "" : "\n") + "\(path): \(what)".filter { $0 != "\0" }
    }

    /// The push as filters judge it. Changed paths cost a git program, so they are found only for a filter that asks.
    private mutating func push(for on: Triggers) throws -> PushEvent {
        var paths: [String]?
        if on.push?.paths != nil {
            if changedPaths == nil {
                changedPaths = .some(try history.changedPaths())
                try keep()
            }
            paths = changedPaths ?? nil
        }
        return PushEvent(
            ref: history.entry.ref, before: history.entry.before, after: history.commit, headMessage: head.message,
            changedPaths: paths)
    }

    private mutating func makeEvent() throws -> (json: String, value: ExpressionValue) {
        if let event { return event }
        let json = try PushEventJSON(
            history: history, head: head, pusher: pusher, base: app.configuration.publicURL,
            bytesMax: eventBytes(runs: runsMax)
        ).json()
        try keep()
        let made = (json, (try? ExpressionValue(json: json)) ?? .null)
        event = made
        return made
    }

    private static func planned(_ job: JobPlan) -> PlannedJob {
        PlannedJob(
            key: job.key, name: job.name, needs: job.needs, runsOn: job.runsOn, condition: job.condition,
            continueOnError: job.continueOnError, hasOutputs: job.hasOutputs,
            timeoutSeconds: job.timeoutMinutes.flatMap(RecoveryLimits.timeoutSeconds), mayIdentify: job.mayIdentify,
            permissions: job.permissions, stepNames: job.stepNames,
            definition: String(decoding: job.definition.stored, as: UTF8.self),
            payload: String(decoding: job.payload, as: UTF8.self))
    }
}
