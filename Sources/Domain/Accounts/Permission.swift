/// Who calls. A job token stands for the server's own actions user, bound to one repository.
public enum Principal: Equatable, Sendable {
    case anonymous
    case account(AccountID, isAdmin: Bool)
    case job(TaskID, repository: RepositoryID, permissions: TokenPermissions)

    /// Nil of nobody and of jobs.
    public var account: AccountID? {
        switch self {
        case .account(let id, _): id
        case .anonymous, .job: nil
        }
    }

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

    /// As rows and the API write it.
    public var word: String {
        switch self {
        case .read: "read"
        case .write: "write"
        case .admin: "admin"
        case .owner: "owner"
        }
    }
    public init?(word: String) {
        switch word {
        case "read": self = .read
        case "write": self = .write
        case "admin": self = .admin
        case "owner": self = .owner
        default: return nil
        }
    }
}

/// What the database knows that bears on access to one repository.
public struct RepositoryFacts: Equatable, Sendable {
    public let id: RepositoryID
    public let owner: AccountID
    public let isPrivate: Bool
    /// The most that the caller was given as a collaborator or by a team; nil without either.
    public let granted: RepositoryAccess?
    public let ownerVisibility: Visibility
    /// The caller belongs to the organization that owns it.
    public let isMember: Bool

    public init(
        id: RepositoryID, owner: AccountID, isPrivate: Bool, granted: RepositoryAccess? = nil,
        ownerVisibility: Visibility = .public, isMember: Bool = false
    ) {
        self.id = id
        self.owner = owner
        self.isPrivate = isPrivate
        self.granted = granted
        self.ownerVisibility = ownerVisibility
        self.isMember = isMember
    }

    /// Whether it can be seen by somebody who was given nothing.
    fileprivate func isOpen(to principal: Principal) -> Bool {
        !isPrivate && ownerVisibility.isShown(to: principal, isMember: isMember)
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
    case .account(let id, isAdmin: false): granted = id == repository.owner ? .owner : repository.granted
    case .job(_, let bound, let permissions):
        isOwn = bound == repository.id
        granted = isOwn ? permissions[scope].access : nil
    }
    if let granted, granted >= wanted { return .allowed }
    let isOpen = repository.isOpen(to: principal)
    if isOpen && wanted == .read { return .allowed }
    let isVisible = granted != nil || isOwn || isOpen
    guard isVisible else { return .invisible }
    return principal == .anonymous ? .needsLogin : .forbidden
}

/// What a call wants beside repositories.
public enum SiteAccess: Equatable, Sendable {
    /// What belongs to the caller's own account.
    case account
    case organization(OrganizationFacts, OrganizationAccess)
    case administrator
}

/// What a call wants of an organization.
public enum OrganizationAccess: Int, Comparable, Sendable {
    /// To see that it is there, and what of it everybody may see.
    case seen = 1
    case member, owner

    public static func < (left: OrganizationAccess, right: OrganizationAccess) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What the database knows that bears on access to one organization.
public struct OrganizationFacts: Equatable, Sendable {
    public let id: AccountID
    public let visibility: Visibility
    /// By the caller's teams; nil of somebody who is in none.
    public let standing: OrganizationAccess?

    public init(id: AccountID, visibility: Visibility = .public, standing: OrganizationAccess? = nil) {
        self.id = id
        self.visibility = visibility
        self.standing = standing
    }
}

/// The rule about what is no repository's (rest.md 1, roles).
public func authorize(_ principal: Principal, _ wanted: SiteAccess) -> AccessDecision {
    switch (principal, wanted) {
    case (let who, .organization(let facts, let access)): authorize(who, access, on: facts)
    case (.anonymous, _): .needsLogin
    case (.account(_, isAdmin: true), _): .allowed
    case (.account, .account): .allowed
    case (.account, .administrator): .forbidden
    // A job acts for no account.
    case (.job, _): .forbidden
    }
}

private func authorize(
    _ principal: Principal, _ wanted: OrganizationAccess, on organization: OrganizationFacts
) -> AccessDecision {
    let standing: OrganizationAccess? =
        switch principal {
        case .account(_, isAdmin: true): .owner
        case .account(_, isAdmin: false): organization.standing
        case .anonymous, .job: nil
        }
    if let standing, standing >= wanted { return .allowed }
    guard standing != nil || organization.visibility.isShown(to: principal, isMember: false) else { return .invisible }
    if wanted == .seen { return .allowed }
    return principal == .anonymous ? .needsLogin : .forbidden
}
