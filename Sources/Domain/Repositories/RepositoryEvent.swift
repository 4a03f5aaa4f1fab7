/// Something that happened to a repository and that workflows can run on, with what their filters and the choice of the commit ask about.
///
/// All but a push are read from the webhook payload that jobs see as `github.event` (workflows.md 14): what a filter judges
/// and what a job sees cannot differ.
public enum RepositoryEvent: Equatable, Sendable {
    case push(Push)
    case create(ref: String)
    case delete(ref: String)
    case pullRequest(PullRequest)
    case workflowDispatch(WorkflowDispatch)
    case repositoryDispatch(type: String)
    case schedule(Schedule)
    case workflowRun(WorkflowRun)
    case release(type: String, tag: String)
    /// Events with nothing to filter by but the activity type.
    case activity(EventName, type: String)

    /// One ref that a push moved.
    public struct Push: Equatable, Sendable {
        /// The whole ref: `refs/heads/main`.
        public let ref: String
        public let before: String
        public let after: String
        /// The pusher said that it starts nothing (`-o ci.skip`).
        public var skips = false

        public init(ref: String, before: String, after: String) {
            self.ref = ref
            self.before = before
            self.after = after
        }

        public var isNew: Bool { isZeroID(before) }
        public var isDeletion: Bool { isZeroID(after) }
    }

    public struct PullRequest: Equatable, Sendable {
        /// `pull_request`, `pull_request_target`, or a review or review comment of one.
        public let name: EventName
        public let type: String
        public let number: Int
        public let title: String
        public let headCommit: String
        /// The short name of the branch it is to be merged into.
        public let baseBranch: String
        /// Whoever pushed its head may not write here.
        public var isFromFork = false
    }

    public struct WorkflowDispatch: Equatable, Sendable {
        /// The workflow that is asked for, by id or path.
        public let workflow: String
        /// A branch, a tag or a whole ref.
        public let ref: String
        /// As the caller sent them: texts.
        public let inputs: [Input]

        public struct Input: Equatable, Sendable {
            public let name: String
            public let text: String
        }
    }

    public struct Schedule: Equatable, Sendable {
        /// The line that fired, as the workflow has it.
        public let cron: String
        /// The workflow that has it, by id or path; empty: every one with that line.
        public let workflow: String
    }

    public struct WorkflowRun: Equatable, Sendable {
        public let type: String
        /// The name of the workflow that ran.
        public let workflow: String
        public let headBranch: String
        /// The file of the workflow; it is named by it when it has no name.
        public var path = ""
        /// Which run of a chain this tells of: 1 of one that something else started.
        public var depth = 1

        /// What `workflows` may call it.
        var names: [String] {
            sameScalars(workflow, path) ? [path, workflowID(ofPath: path, .standard)] : [workflow]
        }
    }

    /// Somebody sent it who may not write here.
    public var isFromFork: Bool { if case .pullRequest(let request) = self { request.isFromFork } else { false } }

    public var name: EventName {
        switch self {
        case .push: .push
        case .create: .create
        case .delete: .delete
        case .pullRequest(let request): request.name
        case .workflowDispatch: .workflowDispatch
        case .repositoryDispatch: .repositoryDispatch
        case .schedule: .schedule
        case .workflowRun: .workflowRun
        case .release: .release
        case .activity(let name, _): name
        }
    }

    /// What a job's own token does starts nothing but these two (workflows.md 20.4).
    public var mayComeFromJob: Bool { name == .workflowDispatch || name == .repositoryDispatch }

    /// Where the workflow files of an event are read, and what its runs show as their ref (workflows.md 5.1).
    public enum Source: Equatable, Sendable {
        case commit(String, ref: String)
        case ref(String)
        case defaultBranch
    }

    public var source: Source {
        switch self {
        case .push(let push): .commit(push.after, ref: push.ref)
        case .create(let ref): .ref(ref)
        case .pullRequest(let request) where request.name == .pullRequestTarget:
            .ref("refs/heads/\(request.baseBranch)")
        case .pullRequest(let request): .commit(request.headCommit, ref: "refs/pull/\(request.number)/head")
        case .workflowDispatch(let dispatch): .ref(wholeRef(dispatch.ref))
        case .release(_, let tag): .ref("refs/tags/\(tag)")
        case .delete, .repositoryDispatch, .schedule, .workflowRun, .activity: .defaultBranch
        }
    }
}

/// Whether git can be asked about a ref of this name: nothing in it ends a line, or means more than one ref.
public func canNameRef(_ name: String) -> Bool {
    let refused = "~^:?*[\\ ".utf8
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= PushLimits.refBytesMax
        && !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || refused.contains($0) })
        && !contains(Array(bytes), Array("..".utf8)) && !contains(Array(bytes), Array("@{".utf8))
}

/// A whole object id: 40 hexadecimal digits, 64 for SHA-256.
public func isObjectID(_ text: String) -> Bool {
    [40, 64].contains(text.utf8.count) && text.utf8.allSatisfy { hexDigit($0) != nil }
}

/// All zeros: there is no such object (before a ref was made, after it was removed).
public func isZeroID(_ id: String) -> Bool { id.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }

/// A short name means a branch.
func wholeRef(_ ref: String) -> String { ref.utf8.starts(with: "refs/".utf8) ? ref : "refs/heads/\(ref)" }

// MARK: reading payloads

/// Why an event's payload cannot be used, for the operator who looks at the row.
public struct EventFault: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

extension RepositoryEvent {
    /// - Parameters:
    ///   - name: not a push, which has no payload before it is read.
    ///   - payload: the webhook payload.
    /// - Throws: ``EventFault`` when something is missing that a filter or the choice of the commit asks about.
    public init(_ name: EventName, payload: ExpressionValue) throws(EventFault) {
        let reader = PayloadReader(name: name, payload: payload)
        switch name {
        case .push, .workflowCall:
            throw EventFault("event \"\(name.rawValue)\" is not told by a payload")
        case .create: self = .create(ref: try reader.madeRef())
        case .delete: self = .delete(ref: try reader.madeRef())
        case .pullRequest, .pullRequestTarget, .pullRequestReview, .pullRequestReviewComment:
            self = .pullRequest(
                PullRequest(
                    name: name, type: try reader.text("action"), number: try reader.number("pull_request", "number"),
                    title: reader.optionalText("pull_request", "title"),
                    headCommit: try reader.objectID("pull_request", "head", "sha"),
                    baseBranch: try reader.refName("pull_request", "base", "ref"), isFromFork: reader.isFromFork))
        case .workflowDispatch:
            var inputs: [WorkflowDispatch.Input] = []
            if case .object(let object)? = reader.value("inputs") {
                inputs = object.pairs.map { WorkflowDispatch.Input(name: $0.key, text: $0.value.text) }
            }
            self = .workflowDispatch(
                WorkflowDispatch(
                    workflow: try reader.text("workflow"), ref: try reader.refName("ref"), inputs: inputs))
        case .repositoryDispatch: self = .repositoryDispatch(type: try reader.text("action"))
        case .schedule:
            self = .schedule(
                Schedule(cron: try reader.text("schedule"), workflow: reader.optionalText("workflow")))
        case .workflowRun:
            self = .workflowRun(
                WorkflowRun(
                    type: try reader.text("action"), workflow: try reader.text("workflow_run", "name"),
                    headBranch: reader.optionalText("workflow_run", "head_branch"),
                    path: reader.optionalText("workflow_run", "path"), depth: reader.chainDepth))
        case .release:
            self = .release(type: try reader.text("action"), tag: try reader.refName("release", "tag_name"))
        case .fork, .gollum, .pageBuild, .public, .status, .deployment, .deploymentStatus, .pullRequestComment, .issues,
            .issueComment, .registryPackage, .checkRun, .checkSuite, .discussion, .discussionComment, .label,
            .mergeGroup,
            .milestone, .project, .projectCard, .projectColumn, .watch, .branchProtectionRule, .imageVersion:
            self = .activity(name, type: reader.optionalText("action"))
        }
    }
}

private struct PayloadReader {
    let name: EventName
    let payload: ExpressionValue

    func value(_ path: String...) -> ExpressionValue? { find(path) }

    private func find(_ path: [String]) -> ExpressionValue? {
        var value: ExpressionValue? = payload
        for key in path {
            guard case .object(let object)? = value else { return nil }
            value = object[key]
        }
        return value
    }

    func optionalText(_ path: String...) -> String { find(path)?.text ?? "" }

    /// As our own requests say it, or as a forge beside us tells it: the head is in another repository.
    var isFromFork: Bool {
        if case .bool(true)? = value("pull_request", "is_from_fork") { return true }
        let head = optionalText("pull_request", "head", "repo", "full_name")
        return !head.isEmpty && !sameScalars(head, optionalText("pull_request", "base", "repo", "full_name"))
    }

    var chainDepth: Int {
        guard case .number(let number)? = value("chain_depth") else { return 1 }
        return Int(exactly: number) ?? .max
    }

    func text(_ path: String...) throws(EventFault) -> String { try text(path) }

    private func text(_ path: [String]) throws(EventFault) -> String {
        guard case .string(let text)? = find(path), !text.isEmpty else { throw fault(path, "has no") }
        return text
    }

    func number(_ path: String...) throws(EventFault) -> Int {
        guard case .number(let number)? = find(path), let whole = Int(exactly: number), whole > 0 else {
            throw fault(path, "has no")
        }
        return whole
    }

    /// 40 hexadecimal digits, 64 for SHA-256: it is given to git.
    func objectID(_ path: String...) throws(EventFault) -> String {
        let id = try text(path)
        guard isObjectID(id) else {
            throw fault(path, "has no object id in")
        }
        return id
    }

    /// A name that git can be asked about: nothing that ends a line, or means more than one ref.
    func refName(_ path: String...) throws(EventFault) -> String { try refName(path) }

    private func refName(_ path: [String]) throws(EventFault) -> String {
        let name = try text(path)
        guard canNameRef(name) else { throw fault(path, "has no name of a ref in") }
        return name
    }

    /// `create` and `delete` tell the short name and the kind.
    func madeRef() throws(EventFault) -> String {
        let name = try refName(["ref"])
        switch try text(["ref_type"]) {
        case "branch": return "refs/heads/\(name)"
        case "tag": return "refs/tags/\(name)"
        default: throw fault(["ref_type"], "has neither \"branch\" nor \"tag\" in")
        }
    }

    private func fault(_ path: [String], _ what: String) -> EventFault {
        EventFault("payload of event \"\(name.rawValue)\" \(what) \"\(path.joined(separator: "."))\"")
    }
}
