import Domain
import Testing

@Suite("Access to a repository")
struct PermissionTests {
    static let owner = Principal.account(AccountID(1), isAdmin: false)
    static let stranger = Principal.account(AccountID(2), isAdmin: false)
    static let admin = Principal.account(AccountID(3), isAdmin: true)
    static let job = Principal.job(TaskID(5), repository: RepositoryID(10), permissions: .unbounded)
    static let foreignJob = Principal.job(TaskID(5), repository: RepositoryID(11), permissions: .unbounded)
    /// Of the repository itself, with a level for contents alone.
    static func job(_ level: TokenPermissions.Level) -> Principal {
        .job(TaskID(5), repository: RepositoryID(10), permissions: TokenPermissions(contents: level))
    }

    static func facts(isPrivate: Bool, granted: RepositoryAccess? = nil) -> RepositoryFacts {
        RepositoryFacts(id: RepositoryID(10), owner: AccountID(1), isPrivate: isPrivate, granted: granted)
    }

    @Test(
        "by who asks, for what, of what",
        arguments: [
            (Principal.anonymous, RepositoryAccess.read, false, RepositoryAccess?.none, AccessDecision.allowed),
            (.anonymous, .write, false, nil, .needsLogin), (.anonymous, .read, true, nil, .invisible),
            (stranger, .read, false, nil, .allowed), (stranger, .write, false, nil, .forbidden),
            (stranger, .read, true, nil, .invisible), (stranger, .write, true, nil, .invisible),
            (stranger, .read, true, .read, .allowed), (stranger, .write, true, .read, .forbidden),
            (stranger, .write, true, .write, .allowed), (stranger, .owner, true, .admin, .forbidden),
            (owner, .owner, true, nil, .allowed), (admin, .owner, true, nil, .allowed),
            (job, .read, true, nil, .allowed), (job, .admin, true, nil, .forbidden),
            // A21: of another repository a job's token has what everybody has.
            (foreignJob, .read, false, nil, .allowed), (foreignJob, .read, true, nil, .invisible),
            (foreignJob, .write, false, nil, .forbidden), (foreignJob, .write, true, nil, .invisible),
            // H11, A20: of its own what `permissions` say.
            (job(.write), .write, true, nil, .allowed), (job(.read), .write, true, nil, .forbidden),
            (job(.read), .read, true, nil, .allowed), (job(.none), .read, true, nil, .forbidden),
            (job(.none), .write, false, nil, .forbidden), (job(.none), .read, false, nil, .allowed),
        ])
    func decision(
        principal: Principal, wanted: RepositoryAccess, isPrivate: Bool, granted: RepositoryAccess?,
        expected: AccessDecision
    ) {
        #expect(
            authorize(
                principal, wanted, of: .contents, on: Self.facts(isPrivate: isPrivate, granted: granted))
                == expected)
    }

    @Test("H11: one scope says nothing about another")
    func scopes() {
        let facts = Self.facts(isPrivate: true)
        #expect(authorize(Self.job(.write), .write, of: .actions, on: facts) == .forbidden)
        let actions = TokenPermissions(actions: .write)
        let job = Principal.job(TaskID(5), repository: RepositoryID(10), permissions: actions)
        #expect(authorize(job, .write, of: .actions, on: facts) == .allowed)
        #expect(authorize(job, .read, of: .contents, on: facts) == .forbidden)
        #expect(TokenPermissions(stored: actions.stored) == actions)
        #expect(TokenPermissions(stored: "contents:admin,actions,packages:read,x:write")[.packages] == .read)
        #expect(TokenPermissions(stored: "contents:admin,actions")[.contents] == .none)
    }

    @Test(
        "to a repository of an owner whom not everybody sees",
        arguments: [
            (Principal.anonymous, Visibility.limited, false, AccessDecision.invisible),
            (stranger, .limited, false, .allowed),
            (stranger, .private, false, .invisible), (stranger, .private, true, .allowed),
            (job, .private, false, .allowed),
            (admin, .private, false, .allowed), (foreignJob, .limited, false, .invisible),
            (owner, .private, false, .allowed),
        ])
    func hidden(principal: Principal, visibility: Visibility, isMember: Bool, expected: AccessDecision) {
        let facts = RepositoryFacts(
            id: RepositoryID(10), owner: AccountID(1), isPrivate: false, ownerVisibility: visibility, isMember: isMember
        )
        #expect(authorize(principal, .read, of: .contents, on: facts) == expected)
    }

    @Test(
        "to what is no repository's",
        arguments: [
            (Principal.anonymous, SiteAccess.account, AccessDecision.needsLogin),
            (.anonymous, .administrator, .needsLogin), (stranger, .account, .allowed),
            (stranger, .administrator, .forbidden), (admin, .account, .allowed), (admin, .administrator, .allowed),
            (job, .account, .forbidden), (job, .administrator, .forbidden),
        ])
    func site(principal: Principal, wanted: SiteAccess, expected: AccessDecision) {
        #expect(authorize(principal, wanted) == expected)
    }

    @Test(
        "to an organization, by who asks, its visibility and their standing",
        arguments: [
            (
                Principal.anonymous, OrganizationAccess.seen, Visibility.public, OrganizationAccess?.none,
                AccessDecision.allowed
            ),
            (.anonymous, .seen, .limited, nil, .invisible), (.anonymous, .member, .public, nil, .needsLogin),
            (.anonymous, .owner, .private, nil, .invisible), (stranger, .seen, .limited, nil, .allowed),
            (stranger, .seen, .private, nil, .invisible), (stranger, .member, .public, nil, .forbidden),
            (stranger, .owner, .private, nil, .invisible), (stranger, .seen, .private, .member, .allowed),
            (stranger, .member, .private, .member, .allowed), (stranger, .owner, .private, .member, .forbidden),
            (stranger, .owner, .public, .owner, .allowed), (admin, .owner, .private, nil, .allowed),
            (job, .seen, .public, nil, .allowed), (job, .seen, .limited, nil, .invisible),
            (job, .member, .public, nil, .forbidden),
        ])
    func organization(
        principal: Principal, wanted: OrganizationAccess, visibility: Visibility, standing: OrganizationAccess?,
        expected: AccessDecision
    ) {
        let facts = OrganizationFacts(id: AccountID(9), visibility: visibility, standing: standing)
        #expect(authorize(principal, .organization(facts, wanted)) == expected)
    }
}
