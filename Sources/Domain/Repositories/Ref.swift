/// `refs/heads/a/b` is the branch `a/b`, `refs/tags/v1` the tag `v1`; anything else has no type.
public func shortRef(_ ref: String) -> (name: String, type: String) {
    for (prefix, type) in [("refs/heads/", "branch"), ("refs/tags/", "tag")] where ref.utf8.starts(with: prefix.utf8) {
        return (String(decoding: ref.utf8.dropFirst(prefix.utf8.count), as: UTF8.self), type)
    }
    return (ref, "")
}
