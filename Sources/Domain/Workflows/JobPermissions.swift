/// Names that `permissions` may have. What is not ours is known, so that it is no misspelling.
private let permissionKeys = [
    "actions", "artifact-metadata", "attestations", "checks", "code", "contents", "deployments", "discussions",
    "id-token",
    "issues", "models", "packages", "pages", "projects", "pull-requests", "releases", "repository-projects",
    "security-events", "statuses", "wiki",
]

/// May the job ask for an identity token? Its own `permissions` replace the workflow's wholly (workflows.md 8).
///
/// Nothing written means no: an identity is never given by default.
func mayIdentify(_ job: YAMLNode, in workflow: YAMLNode) -> Bool {
    guard let permissions = (job["permissions"] ?? workflow["permissions"])?.value else { return false }
    if let all = permissions.scalar { return all.text == "write-all" }
    return permissions["id-token"]?.value.scalar?.text == "write"
}

/// What the job's token may do: its own `permissions`, else the workflow's, else everything (rest.md 1).
/// Once any scope is listed, the others are none.
func tokenPermissions(_ job: YAMLNode, in workflow: YAMLNode) -> TokenPermissions {
    guard let permissions = (job["permissions"] ?? workflow["permissions"])?.value else { return .unbounded }
    if let all = permissions.scalar {
        switch all.text {
        case "write-all": return .all(.write)
        case "read-all": return .all(.read)
        // Also nothing at all: who writes `permissions:` means to take away.
        default: return .all(.none)
        }
    }
    var found = TokenPermissions.all(.none)
    for scope in TokenPermissions.Scope.allCases {
        let text = permissions[scope.rawValue]?.value.scalar?.text
        found[scope] = text.flatMap { TokenPermissions.Level(rawValue: $0) } ?? TokenPermissions.Level.none
    }
    return found
}

/// Notes what `permissions` of a workflow or a job cannot mean.
func checkPermissions(_ node: YAMLNode, _ list: inout DiagnosticList) {
    guard let permissions = node["permissions"]?.value, !permissions.isNull else { return }
    if let all = permissions.scalar {
        guard all.text != "read-all", all.text != "write-all" else { return }
        return list.warning(
            "permissions",
            "\"permissions\" must be \"read-all\", \"write-all\" or a mapping, not \"\(quoted(all.text))\"; it counts as {}",
            at: permissions.position)
    }
    guard let pairs = permissions.pairs else {
        return list.warning(
            "permissions", "\"permissions\" must be a mapping, not \(permissions.kind); it counts as {}",
            at: permissions.position)
    }
    for pair in pairs {
        guard permissionKeys.contains(pair.key) else {
            list.unknownKey(pair, in: "\"permissions\"", known: permissionKeys)
            continue
        }
        guard let text = pair.value.scalar?.text, TokenPermissions.Level(rawValue: text) != nil else {
            list.warning(
                "permissions", "\"\(pair.key)\" of \"permissions\" must be read, write or none; it counts as none",
                at: pair.value.position)
            continue
        }
    }
}
