/// The file that `uses` of a job names (workflows.md 13): one of the same commit, or one of another repository of this server.
public struct CallReference: Hashable, Sendable {
    /// `./.gitea/workflows/x.yml`, or `owner/repository/.gitea/workflows/x.yml@ref`: one text for one file of a run.
    public let name: String

    /// - Parameter name: of a reference that was made before.
    init(name: String) { self.name = name }

    /// Why `uses` names no file, in words.
    struct Fault: Error, Equatable { let message: String }

    /// - Parameters:
    ///   - uses: as the author wrote it.
    ///   - file: the called file that it stands in; nil for a file of the run's own commit.
    ///   - base: this server's address without a slash at the end: whole addresses must begin with it.
    init(uses: String, in file: CallReference?, base: String) throws(Fault) {
        guard !hasExpression(uses) else {
            throw Fault(
                message: "\"uses\" of a job cannot have an expression, because the file is read before the run starts")
        }
        guard uses.utf8.count <= CallLimits.usesBytesMax, !hasNUL(uses) else {
            throw Fault(message: "\"uses\" has more than \(CallLimits.usesBytesMax) bytes, or a NUL character")
        }
        if uses.utf8.starts(with: "./".utf8) {
            guard !uses.utf8.contains(UInt8(ascii: "@")) else {
                throw Fault(
                    message: "\"\(quoted(uses))\" is a file of the same commit and cannot have \"@\" and a ref")
            }
            guard Self.isPath(uses.utf8.dropFirst(2)) else { throw Self.formFault(uses) }
            guard let place = file?.repository, let ref = file?.ref else {
                name = uses
                return
            }
            name = "\(place.owner)/\(place.name)/\(uses.utf8.dropFirst(2).text)@\(ref)"
            return
        }
        var rest = Substring(uses)
        if uses.utf8.starts(with: "https://".utf8) || uses.utf8.starts(with: "http://".utf8) {
            let own = Array((base + "/").utf8)
            guard uses.utf8.starts(with: own) else {
                throw Fault(
                    message:
                        "\"\(quoted(uses))\" is not on this server; only workflows of \(base) can be called")
            }
            rest = Substring(uses.utf8.dropFirst(own.count))
        }
        let parts = rest.utf8.split(separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
        let words = parts[0].split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 2, canNameRef(parts[1].text), words.count == 3, !words[0].isEmpty, !words[1].isEmpty,
            Self.isPath(words[2])
        else { throw Self.formFault(uses) }
        name = rest.utf8.text
    }

    private static func formFault(_ uses: String) -> Fault {
        Fault(
            message:
                "\"\(quoted(uses))\" is neither \"./path/workflow.yml\" nor \"owner/repository/path/workflow.yml@ref\"")
    }

    private static func isPath(_ path: Substring.UTF8View) -> Bool {
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
            && (path.text.hasSuffix(".yml") || path.text.hasSuffix(".yaml"))
    }

    /// Nil: the run's own.
    public var repository: (owner: String, name: String)? {
        guard !isOwn else { return nil }
        let words = name.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2)
        return words.count == 3 ? (words[0].text, words[1].text) : nil
    }

    /// A branch, a tag or a commit; nil for a file of the run's own commit.
    public var ref: String? {
        guard !isOwn else { return nil }
        let parts = name.utf8.split(separator: UInt8(ascii: "@"), maxSplits: 1)
        return parts.count == 2 ? parts[1].text : nil
    }

    /// Below the root of its repository.
    public var path: String {
        guard !isOwn else { return name.utf8.dropFirst(2).text }
        let file = name.utf8.split(separator: UInt8(ascii: "@"), maxSplits: 1).first ?? Substring(name).utf8
        return file.split(separator: UInt8(ascii: "/"), maxSplits: 2).last?.text ?? name
    }

    private var isOwn: Bool { name.utf8.starts(with: "./".utf8) }
}

extension Substring.UTF8View {
    fileprivate var text: String { String(Substring(self)) }
}

/// What calls of workflows may cost.
public enum CallLimits {
    /// Bytes of `uses`: a name of a repository, a path and a ref.
    public static let usesBytesMax = 2048
    /// Levels of workflows, the one at the top included (workflows.md 13).
    public static let levelsMax = 10
    /// Called files of one run (P `MaxFiles` 51, the one at the top included).
    public static let filesMax = 50
    /// Called files of all runs of one event, and bytes of them: each run keeps its own, for its reruns.
    public static let eventFilesMax = 4 * filesMax
    public static let filesBytesMax = 8 * 1024 * 1024
    /// Steps of looking through one called file while the run is planned: a file of some 400 KB.
    public static let fileStepsMax = 8 * PlanningLimits.fileStepsSure
    /// Inputs, secrets and outputs that a callee declares, each. GitHub has no limit; a dispatch has 25 inputs.
    public static let declaredMax = 256
    /// Bytes of a call's inputs, and of its outputs: as of a job's outputs (workflows.md 8).
    public static let valuesBytesMax = 1024 * 1024
}
