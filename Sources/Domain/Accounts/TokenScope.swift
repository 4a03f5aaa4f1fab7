/// Categories of what an access token may be for (rest.md 1, scopes). A route asks for one or more of them; all must be
/// granted.
public struct ScopeCategory: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let activitypub = ScopeCategory(rawValue: 1 << 0)
    public static let admin = ScopeCategory(rawValue: 1 << 1)
    public static let misc = ScopeCategory(rawValue: 1 << 2)
    public static let notification = ScopeCategory(rawValue: 1 << 3)
    public static let organization = ScopeCategory(rawValue: 1 << 4)
    public static let package = ScopeCategory(rawValue: 1 << 5)
    public static let issue = ScopeCategory(rawValue: 1 << 6)
    public static let repository = ScopeCategory(rawValue: 1 << 7)
    public static let user = ScopeCategory(rawValue: 1 << 8)

    /// In the order in which stored scopes are written.
    static let named: [(category: ScopeCategory, name: String)] = [
        (.activitypub, "activitypub"), (.admin, "admin"), (.misc, "misc"), (.notification, "notification"),
        (.organization, "organization"), (.package, "package"), (.issue, "issue"), (.repository, "repository"),
        (.user, "user"),
    ]
    static let every = named.reduce(into: ScopeCategory()) { $0.formUnion($1.category) }

    /// Names of the categories in it, in the order of storage.
    public var names: [String] { Self.named.filter { contains($0.category) }.map(\.name) }
}

/// What an access token may be used for, normalised: write implies read, duplicates are gone (rest.md 1, scopes).
public struct TokenScopes: Equatable, Sendable {
    /// A word that is no scope.
    public struct Unknown: Error, Equatable, CustomStringConvertible {
        public let word: String
        public init(word: String) { self.word = word }
        public var description: String {
            "invalid access token scope: \"\(word)\"; known are all, public-only and read: or write: with "
                + ScopeCategory.every.names.joined(separator: ", ")
        }
    }

    private var read: ScopeCategory
    private var write: ScopeCategory
    /// Refused whatever is private.
    public private(set) var isPublicOnly: Bool

    /// Everything: tokens of before scopes existed, and what an operator makes without a word about scopes.
    public static let all = TokenScopes(read: .every, write: .every, isPublicOnly: false)

    private init(read: ScopeCategory, write: ScopeCategory, isPublicOnly: Bool) {
        self.read = read
        self.write = write
        self.isPublicOnly = isPublicOnly
    }

    /// - Parameter words: as a client gives them: `all`, `public-only`, `read:repository`, `write:user` …
    public init(_ words: [String]) throws(Unknown) {
        self.init(read: [], write: [], isPublicOnly: false)
        for word in words {
            switch word {
            case "all": (read, write) = (.every, .every)
            case "public-only": isPublicOnly = true
            default:
                guard let (category, isWrite) = Self.level(of: word) else { throw Unknown(word: word) }
                read.formUnion(category)
                if isWrite { write.formUnion(category) }
            }
        }
    }

    private static func level(of word: String) -> (ScopeCategory, isWrite: Bool)? {
        for (category, name) in ScopeCategory.named {
            if word == "read:" + name { return (category, false) }
            if word == "write:" + name { return (category, true) }
        }
        return nil
    }

    /// As a row holds them. What is not understood grants nothing: a newer server may have written it.
    public init(stored text: String) {
        self.init(read: [], write: [], isPublicOnly: false)
        for word in text.utf8.split(separator: UInt8(ascii: ",")) {
            guard let one = try? TokenScopes([String(Substring(word))]) else { continue }
            formUnion(one)
        }
    }

    private mutating func formUnion(_ other: TokenScopes) {
        read.formUnion(other.read)
        write.formUnion(other.write)
        isPublicOnly = isPublicOnly || other.isPublicOnly
    }

    /// The words of it, normalised: `public-only` first, then a word a category, or `all` for the complete write set.
    public var words: [String] {
        let first = isPublicOnly ? ["public-only"] : []
        if write == .every { return first + ["all"] }
        return first
            + ScopeCategory.named.compactMap { category, name in
                if write.contains(category) { return "write:" + name }
                return read.contains(category) ? "read:" + name : nil
            }
    }
    public var stored: String { words.joined(separator: ",") }
    /// It grants nothing: such a token is not made.
    public var isEmpty: Bool { read.isEmpty }

    /// - Returns: why a request is refused, in Gitea's words; nil when the token reaches that far.
    public func refusal(of wanted: ScopeCategory, isWrite: Bool) -> String? {
        guard !(isWrite ? write : read).isSuperset(of: wanted) else { return nil }
        let words = wanted.names.map { (isWrite ? "write:" : "read:") + $0 }.joined(separator: " ")
        return "token does not have at least one of required scope(s), required=[\(words)], token scope=\(stored)"
    }

    /// Whether a token with these scopes may make one with those.
    public func covers(_ other: TokenScopes) -> Bool {
        read.isSuperset(of: other.read) && write.isSuperset(of: other.write) && (!isPublicOnly || other.isPublicOnly)
    }
}
