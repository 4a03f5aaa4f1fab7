/// May the job ask for an identity token? Its own `permissions` replace the workflow's wholly (workflows.md 8).
///
/// Nothing written means no: an identity is never given by default.
func mayIdentify(_ job: YAMLNode, in workflow: YAMLNode) -> Bool {
    guard let permissions = (job["permissions"] ?? workflow["permissions"])?.value else { return false }
    if let all = permissions.scalar { return all.text == "write-all" }
    return permissions["id-token"]?.value.scalar?.text == "write"
}
