/// Who calls. A job token stands for the server's own actions user, bound to one repository.
public enum Principal: Equatable, Sendable {
    case anonymous
    case account(AccountID, isAdmin: Bool)
    case job(TaskID, repository: RepositoryID, permissions: TokenPermissions)

    /// The job whose token this is: its task, and the one repository that the token is for.
    public var job: (task: TaskID, repository: RepositoryID)? {
        switch self {
        case .anonymous, .account: nil
        case .job(let task, let repository, _): (task, repository)
        }
    }
}

/// What a call wants of a repository.
public enum RepositoryAccess: Int, Comparable, Sendable {
    case read = 1
    case write, admin, owner

    public static func < (left: RepositoryAccess, right: RepositoryAccess) -> Bool { left.rawValue < right.rawValue }
}

/// What the database knows that bears on access to one repository.
public struct RepositoryFacts: Equatable, Sendable {
    public let id: RepositoryID
    public let owner: AccountID
    public let isPrivate: Bool
    /// The caller's row in `collaborator`, nil without one.
    public let collaborator: RepositoryAccess?

    public init(id: RepositoryID, owner: AccountID, isPrivate: Bool, collaborator: RepositoryAccess?) {
        self.id = id
        self.owner = owner
        self.isPrivate = isPrivate
        self.collaborator = collaborator
    }
}

extension TokenPermissions.Level {
    fileprivate var access: RepositoryAccess? {
        switch self {
        case .none: nil
        case .read: .read
        case .write: .write
        }
    }
}

public enum AccessDecision: Equatable, Sendable {
    case allowed
    /// Credentials might help: 401.
    case needsLogin
    /// It may be seen, but this is not allowed: 403.
    case forbidden
    /// To this caller it does not exist: 404.
    case invisible
}

/// The whole rule about repositories (rest.md 1, roles and order of checks).
///
/// A job's token has what its `permissions` say of its own repository, and of any other what everybody has: actions and
/// modules of the same site are cloned with it.
///
/// - Parameter scope: which of the token's permissions is asked.
public func authorize(
    _ principal: Principal, _ wanted: RepositoryAccess, of scope: TokenPermissions.Scope, on repository: RepositoryFacts
) -> AccessDecision {
    let granted: RepositoryAccess?
    var isOwn = false
    switch principal {
    case .anonymous: granted = nil
    case .account(_, isAdmin: true): granted = .owner
    case .account(let id, isAdmin: false): granted = id == repository.owner ? .owner : repository.collaborator
    case .job(_, let bound, let permissions):
        isOwn = bound == repository.id
        granted = isOwn ? permissions[scope].access : nil
    }
    if let granted, granted >= wanted { return .allowed }
    if !repository.isPrivate && wanted == .read { return .allowed }
    let isVisible = granted != nil || isOwn || !repository.isPrivate
    guard isVisible else { return .invisible }
    return principal == .anonymous ? .needsLogin : .forbidden
}

/// What a call wants beside repositories.
public enum SiteAccess: Equatable, Sendable {
    /// What belongs to the caller's own account.
    case account
    /// What belongs to an organization, as one of its owners.
    case organization(AccountID)
    case administrator
}

/// Organizations have no members yet, so their owners are the site's administrators.
///
/// - Source: rest.md 1, roles.
public func authorize(_ principal: Principal, _ wanted: SiteAccess) -> AccessDecision {
    switch (principal, wanted) {
    case (.anonymous, _): .needsLogin
    case (.account(_, isAdmin: true), _): .allowed
    case (.account, .account): .allowed
    case (.account, .organization), (.account, .administrator): .forbidden
    // A job acts for no account.
    case (.job, _): .forbidden
    }
}
