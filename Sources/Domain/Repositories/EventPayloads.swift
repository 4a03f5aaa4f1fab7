/// A user as payloads tell of one (workflows.md 14).
struct PayloadUser: Encodable, Sendable {
    let id: Int64?
    let login: String
    let username: String

    init(_ login: String, id: Int64? = nil) {
        self.id = id
        self.login = login
        username = login
    }
}

/// `github.event` of `create` and `delete`: the short name of the ref.
public struct RefPayload: Encodable, Sendable {
    let ref: String
    let ref_type: String
    let sha: String
    let pusher_type = "user"

    /// Nil for what is neither a branch nor a tag.
    public init?(ref: String, sha: String) {
        let short = shortRef(ref)
        guard !short.type.isEmpty else { return nil }
        self.ref = short.name
        ref_type = short.type
        self.sha = sha
    }
}

/// `github.event` of `pull_request` and its kin, as it is told: repositories are put in by who reads it (`completed`).
public struct PullRequestPayload: Encodable, Sendable {
    struct Side: Encodable, Sendable {
        let ref: String
        let sha: String
        let label: String
    }
    struct Request: Encodable, Sendable {
        let number: Int64
        let title: String
        let body: String
        let state: String
        let draft = false
        let merged: Bool
        let user: PayloadUser
        let labels: [String] = []
        let head: Side
        let base: Side
        let merge_commit_sha: JSONNull<String>
        let created_at: String
        let updated_at: String
        /// Beside what forges tell: it counts as one from a fork.
        let is_from_fork: Bool
        let html_url: String
        let url: String
    }
    let action: String
    let number: Int64
    let pull_request: Request

    /// What a row says of it.
    public struct Facts: Sendable {
        public var number: Int64 = 0
        public var content = PullRequest(state: .open, head: "", title: "", body: "")
        public var base = ""
        /// Where the base was when it was pushed last.
        public var baseSHA = ""
        public var topic = ""
        public var author = ""
        public var authorID: Int64 = 0
        public var isFromFork = false
        public var createdAt: Int64 = 0
        public var updatedAt: Int64 = 0
        public init() {}

        /// The name that its head has for people: a branch of that name need not exist.
        public var headName: String {
            topic.isEmpty ? author : topic.utf8.starts(with: "\(author)/".utf8) ? topic : "\(author)/\(topic)"
        }
    }

    /// - Parameters:
    ///   - page: address of the repository's page.
    ///   - api: of the repository.
    public init(_ activity: PullRequest.Activity, _ facts: Facts, owner: String, page: String, api: String) {
        action = activity.rawValue
        number = facts.number
        let isMerged = facts.content.state == .merged
        pull_request = Request(
            number: facts.number, title: facts.content.title, body: facts.content.body,
            state: facts.content.state == .open ? "open" : "closed", merged: isMerged,
            user: PayloadUser(facts.author, id: facts.authorID),
            head: Side(ref: facts.headName, sha: facts.content.head, label: "\(facts.author):\(facts.headName)"),
            base: Side(ref: facts.base, sha: facts.baseSHA, label: "\(owner):\(facts.base)"),
            merge_commit_sha: JSONNull(isMerged ? facts.content.head : nil), created_at: clockText(facts.createdAt),
            updated_at: clockText(facts.updatedAt), is_from_fork: facts.isFromFork,
            html_url: "\(page)/pulls/\(facts.number)", url: "\(api)/pulls/\(facts.number)")
    }
}

/// `github.event` of `repository_dispatch`, as its caller gave it.
public struct RepositoryDispatchPayload: Encodable, Sendable {
    let action: String
    let branch: String
    let client_payload: JSONVerbatim
    let repository: JSONVerbatim
    let sender: PayloadUser

    /// - Parameter repository: as the API shows it.
    public init(type: String, branch: String, clientPayload: JSONVerbatim, repository: JSONVerbatim, sender: String) {
        action = type
        self.branch = branch
        client_payload = clientPayload
        self.repository = repository
        self.sender = PayloadUser(sender)
    }
}

extension EventPayload {
    /// The payload with what the server knows of the repository and the sender at the time it is read; what it says itself stays.
    ///
    /// - Parameters:
    ///   - repository: as the API shows it.
    ///   - mergeBase: of a pull request: where its head left its base.
    public func completed(
        for event: EventName, repository: ExpressionValue, sender: String, senderID: Int64? = nil,
        mergeBase: String? = nil
    ) -> EventPayload {
        // Of those that the server tells itself; any other stands as its teller made it, to the letter.
        let told: [EventName] = [.create, .delete, .schedule, .workflowRun, .pullRequest, .pullRequestTarget]
        guard told.contains(event), case .object(let object) = value else { return self }
        var pairs = object.pairs
        func put(_ key: String, _ value: ExpressionValue) {
            if object[key] == nil { pairs.append((key: key, value: value)) }
        }
        put("repository", repository)
        var facts: [(key: String, value: ExpressionValue)] = [
            (key: "login", value: .string(sender)), (key: "username", value: .string(sender)),
        ]
        if let senderID { facts.insert((key: "id", value: .number(Double(senderID))), at: 0) }
        put("sender", .object(facts))
        let isRequest = event == .pullRequest || event == .pullRequestTarget
        if let index = pairs.firstIndex(where: { $0.key == "pull_request" }), isRequest {
            for side in ["head", "base"] {
                pairs[index].value = pairs[index].value.with(side) { $0.with("repo") { _ in repository } }
            }
            if let mergeBase { pairs[index].value = pairs[index].value.with("merge_base") { _ in .string(mergeBase) } }
        }
        if let index = pairs.firstIndex(where: { $0.key == "workflow_run" }), event == .workflowRun {
            pairs[index].value = pairs[index].value.with("repository") { _ in repository }
        }
        let whole = ExpressionValue.object(pairs)
        // Larger than any that is told: what cannot be written keeps what it was.
        guard let json = try? whole.json(bytesMax: PushLimits.eventBytesMax) else { return self }
        return EventPayload(json: json)
    }
}

extension ExpressionValue {
    /// As JSON; nil when it has more bytes than allowed.
    package func text(bytesMax: Int) -> String? { try? json(bytesMax: bytesMax) }

    /// The same object with one member changed, or made.
    package func with(_ key: String, _ change: (ExpressionValue) -> ExpressionValue) -> ExpressionValue {
        guard case .object(let object) = self else { return self }
        var pairs = object.pairs
        if let index = pairs.firstIndex(where: { sameScalars($0.key, key) }) {
            pairs[index].value = change(pairs[index].value)
        } else {
            pairs.append((key: key, value: change(.null)))
        }
        return .object(pairs)
    }
}

/// Why a `repository_dispatch` is refused, in words for its caller.
public struct RepositoryDispatchRefusal: Error, Equatable, Sendable { public let words: String }

public enum RepositoryDispatchLimits {
    /// Characters of `event_type`, members of `client_payload`, and bytes of its text (GitHub's numbers).
    public static let typeCharactersMax = 100
    public static let membersMax = 10
    public static let payloadBytesMax = 64 * 1024
}

/// Checks what a caller sends (GitHub's rules).
///
/// - Parameter clientPayload: JSON text; nil when it is absent.
public func checkRepositoryDispatch(
    type: String, clientPayload: String?
) throws(RepositoryDispatchRefusal) -> JSONVerbatim {
    typealias Refusal = RepositoryDispatchRefusal
    guard !type.isEmpty, !type.utf8.contains(0) else { throw Refusal(words: "event_type is missing") }
    guard type.unicodeScalars.count <= RepositoryDispatchLimits.typeCharactersMax else {
        throw Refusal(
            words:
                "event_type has \(type.unicodeScalars.count) characters; at most \(RepositoryDispatchLimits.typeCharactersMax) are taken"
        )
    }
    guard let clientPayload else { return JSONVerbatim("{}") }
    guard clientPayload.utf8.count <= RepositoryDispatchLimits.payloadBytesMax else {
        throw Refusal(
            words:
                "client_payload has \(clientPayload.utf8.count) bytes; at most \(RepositoryDispatchLimits.payloadBytesMax) are taken"
        )
    }
    guard let value = try? ExpressionValue(json: clientPayload), case .object(let object) = value else {
        throw Refusal(words: "client_payload must be an object")
    }
    guard object.pairs.count <= RepositoryDispatchLimits.membersMax else {
        throw Refusal(
            words:
                "client_payload has \(object.pairs.count) members; at most \(RepositoryDispatchLimits.membersMax) are taken"
        )
    }
    guard !value.hasNUL else { throw Refusal(words: "client_payload has a NUL character, which cannot be stored") }
    return JSONVerbatim(clientPayload)
}

extension ExpressionValue {
    /// Recursion is bounded by the depth that JSON is read to.
    var hasNUL: Bool {
        switch self {
        case .null, .bool, .number: false
        case .string(let text): text.utf8.contains(0)
        case .array(let array): array.items.contains(where: \.hasNUL)
        case .object(let object): object.pairs.contains { $0.key.utf8.contains(0) || $0.value.hasNUL }
        }
    }
}
