/// The branch that becomes the default one after a push; nil when it stays as it is.
///
/// The first pushed branch becomes it while the repository has no other: git of Debian 12 names it `master`. A default branch
/// that was deleted while there are others is for a person to replace.
///
/// - Parameters:
///   - current: the default branch now.
///   - branches: short names of all branches that exist after the push.
///   - made: short names of branches that did not exist before the push, in its order.
public func newDefaultBranch(current: String, branches: Set<String>, made: [String]) -> String? {
    guard !branches.contains(current), branches.isSubset(of: made) else { return nil }
    let there = made.filter(branches.contains)
    // Who pushes everything at once means what these names mean everywhere.
    return ["main", "master"].first(where: there.contains) ?? there.first
}
