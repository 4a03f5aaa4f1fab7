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

    static func facts(isPrivate: Bool, collaborator: RepositoryAccess? = nil) -> RepositoryFacts {
        RepositoryFacts(id: RepositoryID(10), owner: AccountID(1), isPrivate: isPrivate, collaborator: collaborator)
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
        principal: Principal, wanted: RepositoryAccess, isPrivate: Bool, collaborator: RepositoryAccess?,
        expected: AccessDecision
    ) {
        #expect(
            authorize(
                principal, wanted, of: .contents, on: Self.facts(isPrivate: isPrivate, collaborator: collaborator))
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
        "to what is no repository's",
        arguments: [
            (Principal.anonymous, SiteAccess.account, AccessDecision.needsLogin),
            (.anonymous, .administrator, .needsLogin), (stranger, .account, .allowed),
            (stranger, .administrator, .forbidden), (stranger, .organization(AccountID(9)), .forbidden),
            (admin, .account, .allowed), (admin, .administrator, .allowed),
            (admin, .organization(AccountID(9)), .allowed), (job, .account, .forbidden),
            (job, .administrator, .forbidden), (job, .organization(AccountID(9)), .forbidden),
        ])
    func site(principal: Principal, wanted: SiteAccess, expected: AccessDecision) {
        #expect(authorize(principal, wanted) == expected)
    }
}
