/// The branch that becomes the default one after a push; nil when it stays as it is.
///
/// The first pushed branch becomes it while the repository has no other: git of Debian 12 names it `master`.
///
/// - Parameters:
///   - current: the default branch now.
///   - branches: short names of all branches that exist after the push.
///   - pushed: short names of branches that this push made, in its order.
public func newDefaultBranch(current: String, branches: Set<String>, pushed: [String]) -> String? {
    guard !branches.contains(current) else { return nil }
    let made = pushed.filter(branches.contains)
    // Who pushes everything at once means what these names mean everywhere.
    return ["main", "master"].first(where: made.contains) ?? made.first
}
