/// A step that its runner reported as failed.
public struct FailedStep: Equatable, Sendable {
    /// In the job's `steps`, from 0.
    public let position: Int64
    public let name: String

    public init(position: Int64, name: String) {
        self.position = position
        self.name = name
    }
}

/// Whether a job goes on, and may succeed, after this step of it failed.
enum StepTolerance: Equatable {
    case stops
    case goesOn
    /// An expression says so, which the runner alone evaluates.
    case unknown
}

/// Why a job that its runner calls a success is none: a step of it failed, and its definition does not let the job go on.
///
/// A runner that is stopped by a signal may send this pair (Gitea's 3.1 does); the deploy job behind it would start. A step
/// with `continue-on-error` sends the same pair and is right: only the definition tells them apart. What cannot be known
/// here is the runner's to say.
///
/// - Parameters:
///   - failedSteps: by their position in the job's `steps`, as the runner reports them (runner.md 7.2).
///   - payload: the workflow that the runner was given (workflows.md 15).
/// - Returns: in words for the job; nil when success is possible.
public func contradictionOfSuccess(failedSteps: [FailedStep], payload: String) -> String? {
    guard let tolerances = stepTolerances(payload) else { return nil }
    for step in failedSteps {
        guard let index = Int(exactly: step.position), tolerances.indices.contains(index), tolerances[index] == .stops
        else { continue }
        return
            "the runner reported success, but step \(step.position + 1) \"\(step.name)\" failed and has no continue-on-error"
    }
    return nil
}

/// Of every step of the payload's one job; nil when it cannot be read.
private func stepTolerances(_ payload: String) -> [StepTolerance]? {
    guard case .object(let root)? = try? ExpressionValue(json: payload), case .object(let jobs)? = root["jobs"],
        case .object(let job)? = jobs.pairs.first?.value, case .array(let steps)? = job["steps"]
    else { return nil }
    return steps.items.map { step in
        guard case .object(let step) = step else { return .unknown }
        switch step["continue-on-error"] {
        case nil, .null?, .bool(false)?: return .stops
        case .bool(true)?: return .goesOn
        default: return .unknown
        }
    }
}
