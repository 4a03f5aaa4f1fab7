import Domain

/// Writes objects into a repository by git's own program, which looks at them before it takes them. Nothing sees them until a
/// ref leads to them.
struct GitWriter {
    enum Kind: String { case blob, tree, commit, tag }

    /// git would not take an object; the words are its own.
    struct Refused: Error, CustomStringConvertible { let description: String }

    private let git: GitReader

    init(_ git: GitReader) { self.git = git }

    /// - Returns: the object's id.
    func store(_ kind: Kind, _ bytes: [UInt8]) throws -> String {
        let answer = try git.answer(["hash-object", "-t", kind.rawValue, "-w", "--stdin"], input: bytes)
        guard answer.status == 0 else { throw Refused(description: answer.complaint) }
        return GitProgram.firstLine(answer.bytes)
    }
}
