/// Which older runs a newer one cancels although nobody declared `concurrency` (workflows.md 12): those of the same workflow and event
/// for an older head of the same ref, or for the same one before the request was opened again.
public enum Superseding: String, CaseIterable, Sendable {
    case none
    /// Of a pull request's older heads. What it is labeled with, and who reviews it, cancels nothing.
    case pullRequests = "pull_requests"
    /// And of older pushes to the same branch.
    case all

    /// The group that a run enters for it; nil when it cancels nothing.
    ///
    /// - Parameters:
    ///   - ref: whole, as the run shows it.
    ///   - workflow: its id.
    func group(of event: RepositoryEvent, ref: String, workflow: String) -> PlannedGroup? {
        switch (self, event) {
        case (.none, _): nil
        case (.pullRequests, .pullRequest(let request)), (.all, .pullRequest(let request)):
            // The ref of a `pull_request_target` is the base branch, which many requests share.
            (request.name.defaultTypes ?? []).contains(request.type)
                ? group("\(event.name.rawValue) of \(workflow) for #\(request.number)") : nil
        case (.all, .push) where shortRef(ref).type == "branch": group("push of \(workflow) to \(ref)")
        default: nil
        }
    }

    private func group(_ name: String) -> PlannedGroup {
        PlannedGroup(name: cut(name, bytesMax: ConcurrencyLimits.nameBytesMax / 4), cancelsInProgress: true)
    }
}
