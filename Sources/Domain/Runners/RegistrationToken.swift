/// What is known of a registration token that the environment names.
public struct KnownRegistration: Equatable, Sendable {
    public let scope: RunnerScope
    public let isActive: Bool

    public init(scope: RunnerScope, isActive: Bool) {
        self.scope = scope
        self.isActive = isActive
    }
}

/// What `serve` does with the token of the environment when it starts.
public enum Bootstrap: Equatable, Sendable {
    /// It becomes the active token of all repositories, the others of that scope end.
    case install
    case nothing
    /// Somebody rotated it away; a restart must not undo that.
    case wasRotated
    case isOfAnotherScope
}

/// - Parameter known: nil for a token the database has never seen.
/// - Source: runner.md 6.1.
public func bootstrap(_ known: KnownRegistration?) -> Bootstrap {
    guard let known else { return .install }
    guard known.scope == .everything else { return .isOfAnotherScope }
    return known.isActive ? .nothing : .wasRotated
}

/// A registration token that the operator chose (runner.md 6.1).
public enum PresetRegistration {
    public static let bytesMin = 32
    /// The first two are Gitea's, which its runner image reads as well.
    public static let variables = [
        "GITEA_RUNNER_REGISTRATION_TOKEN", "GITEA_RUNNER_REGISTRATION_TOKEN_FILE",
        "MILLRACE_RUNNER_REGISTRATION_TOKEN", "MILLRACE_RUNNER_REGISTRATION_TOKEN_FILE",
    ]

    public enum Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        case several([String])
        case tooShort(variable: String, byteCount: Int)

        /// Never the token itself.
        public var description: String {
            switch self {
            case .several(let names):
                "\(names.joined(separator: " and ")) are set; a registration token may come from one variable only, unset the others"
            case .tooShort(let variable, let byteCount):
                "the registration token of \(variable) is \(byteCount) bytes; it must be at least \(bytesMin), make one with: openssl rand -hex 20"
            }
        }
    }

    /// The one variable that is set; an empty one counts as unset.
    public static func source(
        _ environment: [String: String]
    ) throws(Invalid) -> (variable: String, value: String)? {
        let set = variables.compactMap { name in
            environment[name].flatMap { $0.isEmpty ? nil : (variable: name, value: $0) }
        }
        guard set.count <= 1 else { throw .several(set.map(\.variable)) }
        return set.first
    }

    public static func check(_ token: String, of variable: String) throws(Invalid) {
        guard token.utf8.count >= bytesMin else { throw .tooShort(variable: variable, byteCount: token.utf8.count) }
    }
}
