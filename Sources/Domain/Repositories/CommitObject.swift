/// A commit object as git stores it.
///
/// - Parameter message: ends in a line break as git's own do.
public func commitObject(
    tree: String, parents: [String], author: Commit.Person, committer: Commit.Person, message: String
) -> [UInt8] {
    var text = "tree \(tree)\n"
    for parent in parents { text += "parent \(parent)\n" }
    text += "author \(author.line)\ncommitter \(committer.line)\n\n"
    return Array((text + message).utf8)
}

/// A tag object, which annotates what it points to.
public func tagObject(
    of object: String, type: String, name: String, tagger: Commit.Person, message: String
) -> [UInt8] {
    Array("object \(object)\ntype \(type)\ntag \(name)\ntagger \(tagger.line)\n\n\(message)".utf8)
}

extension Commit.Person {
    /// `Ann Example <ann@example.org> 1700000000 +0100`
    fileprivate var line: String {
        let minutes = offsetMinutes.magnitude
        func two(_ number: UInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let zone = (offsetMinutes < 0 ? "-" : "+") + two(minutes / 60) + two(minutes % 60)
        return "\(name) <\(email)> \(max(0, seconds)) \(zone)"
    }
}
