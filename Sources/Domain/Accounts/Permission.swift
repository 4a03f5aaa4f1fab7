/// Who calls. A job token stands for the server's own actions user, bound to one repository.
public enum Principal: Equatable, Sendable {
    case anonymous
    case account(AccountID, isAdmin: Bool)
    case job(TaskID, repository: RepositoryID)
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
public func authorize(
    _ principal: Principal, _ wanted: RepositoryAccess, on repository: RepositoryFacts
) -> AccessDecision {
    let granted: RepositoryAccess?
    switch principal {
    case .anonymous: granted = nil
    case .account(_, isAdmin: true): granted = .owner
    case .account(let id, isAdmin: false): granted = id == repository.owner ? .owner : repository.collaborator
    case .job(_, let bound): granted = bound == repository.id ? .write : nil
    }
    if let granted, granted >= wanted { return .allowed }
    if case .job = principal, granted == nil { return .invisible }
    if !repository.isPrivate && wanted == .read { return .allowed }
    let isVisible = granted != nil || !repository.isPrivate
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
