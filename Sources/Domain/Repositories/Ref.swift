/// `refs/heads/a/b` is the branch `a/b`, `refs/tags/v1` the tag `v1`; anything else has no type.
public func shortRef(_ ref: String) -> (name: String, type: String) {
    for (prefix, type) in [("refs/heads/", "branch"), ("refs/tags/", "tag")] where ref.utf8.starts(with: prefix.utf8) {
        return (String(decoding: ref.utf8.dropFirst(prefix.utf8.count), as: UTF8.self), type)
    }
    return (ref, "")
}

/// For people: a branch or tag by its short name, a pull request as `#12`, anything else as it is.
public func shownRef(_ ref: String) -> String {
    let prefix = "refs/pull/"
    guard ref.utf8.starts(with: prefix.utf8) else { return shortRef(ref).name }
    let number = ref.utf8.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: "/") }
    return "#" + String(decoding: number, as: UTF8.self)
}
