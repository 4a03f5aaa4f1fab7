/// A workflow or a job with the keys alone that runners know: newer ones check payloads against a schema and fail the job for
/// any other (workflows.md 15). The author was warned of what goes.

func runnerForm(ofWorkflow root: YAMLNode) -> YAMLNode {
    root.mapped { key, value in
        switch key {
        case "defaults": value.keeping(["run"]).mapped { $1.keeping(["shell", "working-directory"]) }
        case "permissions": value.keepingPermissions
        default: value
        }
    }
}

func runnerForm(ofJob job: YAMLNode) -> YAMLNode {
    job.mapped { key, value in
        switch key {
        case "defaults": value.keeping(["run"]).mapped { $1.keeping(["shell", "working-directory"]) }
        case "permissions": value.keepingPermissions
        case "concurrency": value.keeping(["group", "cancel-in-progress"])
        case "container": value.keeping(containerKeys)
        case "services": value.mapped { $1.keeping(serviceKeys) }
        default: value
        }
    }
}

/// A step either runs a script or uses an action; runners refuse keys of the other kind.
func runnerForm(ofStep step: YAMLNode) -> YAMLNode {
    let both = ["id", "if", "name", "env", "continue-on-error", "timeout-minutes"]
    if step["uses"] == nil { return step.keeping(both + ["run", "shell", "working-directory"]) }
    return step.keeping(both + ["uses", "with"])
}

extension YAMLNode {
    fileprivate func keeping(_ keys: [String]) -> YAMLNode {
        guard let pairs else { return self }
        let kept = pairs.filter { keys.contains($0.key) || hasExpression($0.key) }
        return kept.count == pairs.count ? self : YAMLNode(position: position, content: .mapping(kept))
    }

    fileprivate func mapped(_ change: (String, YAMLNode) -> YAMLNode) -> YAMLNode {
        guard let pairs else { return self }
        return YAMLNode(
            position: position,
            content: .mapping(
                pairs.map { YAMLPair(key: $0.key, position: $0.position, value: change($0.key, $0.value)) }))
    }

    /// Scopes that runners know, with levels that are any. Runners do not use them: the token is bounded by the server.
    fileprivate var keepingPermissions: YAMLNode {
        if let scalar { return ["read-all", "write-all"].contains(scalar.text) ? self : emptyMapping }
        guard let pairs else { return emptyMapping }
        let kept = pairs.filter { pair in
            runnerPermissions.contains(pair.key)
                && pair.value.scalar.map { ["read", "write", "none"].contains($0.text) } ?? false
        }
        return kept.count == pairs.count ? self : YAMLNode(position: position, content: .mapping(kept))
    }

    private var emptyMapping: YAMLNode { YAMLNode(position: position, content: .mapping([])) }
}

private let runnerPermissions = [
    "actions", "attestations", "checks", "contents", "deployments", "discussions", "id-token", "issues", "models",
    "packages", "pages", "pull-requests", "repository-projects", "security-events", "statuses",
]
