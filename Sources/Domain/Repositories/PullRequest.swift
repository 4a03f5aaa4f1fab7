/// A proposal to merge a commit into a branch. It comes by a push to `refs/for/<branch>`; its head is `refs/pull/N/head`.
public struct PullRequest: Equatable, Sendable {
    public enum State: String, Sendable {
        case open, closed, merged
    }
    public var state: State
    public var head: String
    public var title: String
    public var body: String

    public init(state: State, head: String, title: String, body: String) {
        self.state = state
        self.head = head
        self.title = title
        self.body = body
    }

    /// Something that happens to one.
    public enum Wish: Equatable, Sendable {
        /// Its author, or somebody who may write, pushes to it or changes its words; nil: that stays.
        case push(head: String?, title: String?, body: String?)
        case close
        case reopen
        /// A push to its base holds this head, which it may not have any more.
        case mergedByPush(head: String)
    }

    /// Activity types of the events that tell of it (workflows.md 5.2).
    public enum Activity: String, Sendable {
        case opened, synchronize, edited, closed, reopened
    }

    /// Why a wish is refused, in words for whoever has it.
    public struct Refusal: Error, Equatable, Sendable {
        public let words: String
        public init(words: String) { self.words = words }
    }

    /// What becomes of it: pure, so that hooks, REST and readers of pushes ask the same function.
    ///
    /// - Returns: the new content and what is told of it; nil: nothing changes.
    public func after(_ wish: Wish) throws(Refusal) -> (request: PullRequest, activity: Activity)? {
        var new = self
        switch (state, wish) {
        case (.open, .push(let head, let title, let body)):
            new.head = head ?? self.head
            new.title = title ?? self.title
            new.body = body ?? self.body
            guard new != self else { return nil }
            return (new, new.head == self.head ? .edited : .synchronize)
        case (.closed, .push): throw Refusal(words: "it is closed; reopen it first")
        case (.merged, .push): throw Refusal(words: "it is merged")
        case (.open, .close): new.state = .closed
        case (.open, .mergedByPush(let head)):
            guard head == self.head else { return nil }
            new.state = .merged
        case (.closed, .reopen): new.state = .open
        case (.merged, .reopen): throw Refusal(words: "it is merged")
        case (.open, .reopen), (.closed, .close), (.merged, .close), (.closed, .mergedByPush), (.merged, .mergedByPush):
            return nil
        }
        return (new, new.state == .open ? .reopened : .closed)
    }

    /// Whether its runs are those of a stranger: without secrets, with a token that reads, and only after an approval
    /// (workflows.md 5.6). Who may write could push a branch instead.
    ///
    /// - Parameter mayWrite: whether whoever pushed its head may write to the repository.
    public static func countsAsFork(mayWrite: Bool) -> Bool { !mayWrite }

    /// Whether git's hooks let somebody push anything but pull requests.
    ///
    /// - Parameter word: what nginx passes on of the instance that let them in: "0" or "1". Empty: of an instance that does not say,
    ///   since it lets nobody in who may only read. Nil: nginx passes nothing on, so nobody knows.
    public static func mayWrite(word: String?) -> Bool {
        guard let word else { return false }
        return word.isEmpty || word == "1"
    }
}

public enum PullRequestLimits {
    /// Open ones of one account in one repository, if it may not write there.
    public static let openOfReaderMax: Int64 = 100
    /// Refs of one push that make or change pull requests.
    public static let refsOfPushMax = 20
    /// Bytes that git reads of one push of somebody who may not write: `receive.maxInputSize`, set by nginx
    /// ($millrace_git_input_max), since what a push brings stays in the repository even if it is refused later.
    public static let readerPushBytesMax = 64 * 1024 * 1024
    public static let titleBytesMax = PushLimits.titleBytesMax
    public static let bodyBytesMax = 64 * 1024
    public static let topicBytesMax = 200
    /// Open ones of one base branch that a push to it looks at.
    public static let closedByPushMax = 1000
    /// Changed files beyond which path filters pass (workflows.md 5.3).
    public static let changedPathsMax = 300
}

/// Where a push for review goes.
public struct ReviewTarget: Equatable, Sendable {
    /// The short name of the branch that it is to be merged into.
    public let base: String
    /// Keeps several of one author apart; "" is one of them.
    public let topic: String

    public static let prefix = "refs/for/"

    /// `refs/for/main`, with `-o topic=x` or as `refs/for/main/x`: the branch is the shortest beginning that is one, unless the
    /// whole is (Gitea).
    ///
    /// - Parameter isBranch: asked about short names.
    public init(ref: String, options: PushOptions, isBranch: (String) throws -> Bool) throws {
        let name = String(decoding: ref.utf8.dropFirst(Self.prefix.utf8.count), as: UTF8.self)
        guard ref.utf8.starts(with: Self.prefix.utf8), canNameRef(name) else {
            throw PullRequest.Refusal(words: "\"\(cut(ref, bytesMax: 120))\" names no branch")
        }
        var base = name
        var topic = ""
        if try !isBranch(name) {
            let bytes = Array(name.utf8)
            let slash = try bytes.indices.first { place in
                guard bytes[place] == UInt8(ascii: "/"), place > 0, place + 1 < bytes.count else { return false }
                return try isBranch(String(decoding: bytes[..<place], as: UTF8.self))
            }
            guard let slash else {
                throw PullRequest.Refusal(words: "there is no branch \"\(cut(name, bytesMax: 120))\"")
            }
            base = String(decoding: bytes[..<slash], as: UTF8.self)
            topic = String(decoding: bytes[(slash + 1)...], as: UTF8.self)
        }
        if topic.isEmpty { topic = options.topic ?? "" }
        guard topic.utf8.count <= PullRequestLimits.topicBytesMax else {
            throw PullRequest.Refusal(
                words: "the topic has \(topic.utf8.count) bytes; at most \(PullRequestLimits.topicBytesMax) are taken")
        }
        guard topic.isEmpty || whyNoRefName(topic) == nil else {
            throw PullRequest.Refusal(words: "\"\(cut(topic, bytesMax: 120))\" is no name for a topic")
        }
        self.base = base
        self.topic = topic
    }
}

/// The number of a pull request's ref: 12 of `refs/pull/12/head`; nil for any other ref.
public func pullRequestNumber(ofRef ref: String) -> Int64? {
    let words = ref.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
        String(Substring($0))
    }
    guard words.count == 4, words[0] == "refs", words[1] == "pull", words[3] == "head", words[2].utf8.count <= 18,
        words[2].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(words[2]), number > 0,
        "\(number)" == words[2]
    else { return nil }
    return number
}

public func pullRequestRef(_ number: Int64) -> String { "refs/pull/\(number)/head" }
