/// What a job's token may do with the job's own repository: `permissions` of its workflow (workflows.md 8).
public struct TokenPermissions: Equatable, Sendable {
    public enum Level: String, Comparable, Sendable {
        case none, read, write

        private var rank: Int {
            switch self {
            case .none: 0
            case .read: 1
            case .write: 2
            }
        }
        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }
    /// What can be asked for here; other names of GitHub's are known and mean nothing.
    public enum Scope: String, CaseIterable, Sendable {
        /// git, and files by REST.
        case contents
        /// Runs, jobs, logs and artifacts by REST.
        case actions
        case packages
    }
    private var levels: [Scope: Level]

    public init(contents: Level = .none, actions: Level = .none, packages: Level = .none) {
        levels = [.contents: contents, .actions: actions, .packages: packages]
    }

    /// Every scope at one level.
    public static func all(_ level: Level) -> TokenPermissions {
        TokenPermissions(contents: level, actions: level, packages: level)
    }
    /// Where nothing is written a token may write (rest.md 1).
    public static let unbounded = TokenPermissions.all(.write)

    /// What a token of a run of a stranger's may do (workflows.md 5.6).
    public var readOnly: TokenPermissions {
        var bounded = self
        for scope in Scope.allCases { bounded[scope] = min(self[scope], .read) }
        return bounded
    }

    public subscript(scope: Scope) -> Level {
        get { levels[scope] ?? .none }
        set { levels[scope] = newValue }
    }

    /// Of each scope the lower level.
    func limited(to other: TokenPermissions) -> TokenPermissions {
        var found = self
        for scope in Scope.allCases { found[scope] = min(self[scope], other[scope]) }
        return found
    }

    /// `contents:read,actions:none,packages:none`: how a job's row holds them.
    public var stored: String { Scope.allCases.map { "\($0.rawValue):\(self[$0].rawValue)" }.joined(separator: ",") }

    /// What is not understood is not allowed: a newer server may have written it.
    public init(stored text: String) {
        levels = [:]
        for part in text.utf8.split(separator: UInt8(ascii: ",")) {
            let words = part.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
            guard words.count == 2, let scope = Scope(rawValue: words[0]) else { continue }
            levels[scope] = Level(rawValue: words[1]) ?? Level.none
        }
    }
}
