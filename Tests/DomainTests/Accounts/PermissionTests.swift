import Domain
import Testing

@Suite("Access to a repository")
struct PermissionTests {
    static let owner = Principal.account(AccountID(1), isAdmin: false)
    static let stranger = Principal.account(AccountID(2), isAdmin: false)
    static let admin = Principal.account(AccountID(3), isAdmin: true)
    static let job = Principal.job(TaskID(5), repository: RepositoryID(10))
    static let foreignJob = Principal.job(TaskID(5), repository: RepositoryID(11))

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
            (foreignJob, .read, false, nil, .invisible), (foreignJob, .read, true, nil, .invisible),
        ])
    func decision(
        principal: Principal, wanted: RepositoryAccess, isPrivate: Bool, collaborator: RepositoryAccess?,
        expected: AccessDecision
    ) {
        #expect(
            authorize(principal, wanted, on: Self.facts(isPrivate: isPrivate, collaborator: collaborator)) == expected)
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
