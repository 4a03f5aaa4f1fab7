import Domain
import Web

/// What a caller must be for a route; there is no default, so it cannot be forgotten.
enum Access: Sendable {
    /// Needs no credentials and reads none.
    case open
    /// Needs nothing of the repository, but bad credentials are refused.
    case anyone
    case repository(RepositoryAccess)
    /// Somebody with an account, for what is their own.
    case account
    /// An owner of the organization that the path names as `{org}`.
    case organization
    case siteAdmin
    /// A running job, by its runtime token.
    case task
    /// The same, or by its job token: old runners hand that to the artifact actions (artifacts.md 1.1).
    case taskByAnyToken
}

typealias Handler = @Sendable (Request, Caller, App) throws -> Response

/// One entry says everything about a route.
struct Route: Sendable {
    private enum Part {
        case literal(String)
        case name(String)
    }
    let method: String
    private let pattern: [Part]
    let access: Access
    let handler: Handler

    init(_ method: String, _ pattern: String, access: Access, _ handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern.split(byte: "/").map {
            $0.hasPrefix("{") ? .name(String($0.dropFirst().dropLast())) : .literal($0)
        }
        self.access = access
        self.handler = handler
    }

    /// The names bound by the pattern; nil when the path does not match.
    func bind(_ segments: [String]) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var bound: [String: String] = [:]
        for (part, segment) in zip(pattern, segments) {
            switch part {
            case .name(let name): bound[name] = segment
            case .literal(let text): guard text == segment else { return nil }
            }
        }
        return bound
    }
}
