/// What the operator sets of which workflow files are read, and which events start nothing.
public struct WorkflowRules: Equatable, Sendable {
    /// Directories of workflow files, without a slash at the end: the first that a commit has counts, even without a workflow in
    /// it (workflows.md 2, 20.3).
    public var directories = [".gitea/workflows", ".forgejo/workflows", ".github/workflows"]
    /// Strings in the head commit's message, or the title of a pull request, that stop it from running anything. Case-sensitive,
    /// anywhere (workflows.md 5.5).
    public var skipStrings = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"]

    public init() {}
    public static let standard = WorkflowRules()

    public enum Limits {
        public static let directoriesMax = 16
        public static let skipStringsMax = 32
        public static let skipStringBytesMax = 255
    }

    /// The workflow files among the paths of a commit. The caller leaves out symbolic links and submodules.
    ///
    /// - Returns: whole paths, in the order given.
    public func files(in paths: [String]) -> [String] {
        for directory in directories {
            let below = paths.filter { $0.utf8.starts(with: "\(directory)/".utf8) }
            if !below.isEmpty { return below.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") } }
        }
        return []
    }

    /// Why a text is no directory of workflows; nil when it may be one.
    public static func whyNoDirectory(_ text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if let why = whyNoFilePath(text) { return why }
        return nil
    }

    /// Why an event starts nothing, whatever its workflows say; nil when they are to be asked.
    public func refusal(of event: RepositoryEvent, _ commit: EventCommit) -> String? {
        switch event {
        case .push(let push):
            if push.isDeletion { return "push deletes \"\(push.ref)\"" }
            if push.skips { return "push option ci.skip" }
            return skip(in: commit.message).map { "commit message contains \"\($0)\"" }
        case .pullRequest(let request) where request.name == .pullRequest:
            // `pull_request_target` knows no skip strings (GitHub; Gitea differs).
            if let found = skip(in: commit.message) { return "commit message contains \"\(found)\"" }
            return skip(in: request.title).map { "title contains \"\($0)\"" }
        case .workflowRun(let run):
            return run.depth > WorkflowRunLimits.levelsMax
                ? "the chain of workflow_run events is \(WorkflowRunLimits.levelsMax) levels deep" : nil
        case .create, .delete, .pullRequest, .workflowDispatch, .repositoryDispatch, .schedule, .release, .activity:
            return nil
        }
    }

    private func skip(in text: String) -> String? {
        skipStrings.first { contains(Array(text.utf8), Array($0.utf8)) }
    }
}

public enum WorkflowRunLimits {
    /// Runs that may start each other by `workflow_run`, one after the other, behind the first (workflows.md 5.5).
    public static let levelsMax = 5
}
