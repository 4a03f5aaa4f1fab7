import Domain
import Testing

@Suite("Visibility of an account")
struct VisibilityTests {
    private static let job = Principal.job(TaskID(1), repository: RepositoryID(1), permissions: .unbounded)

    @Test(
        "by who looks",
        arguments: [
            (Visibility.public, Principal.anonymous, false, true), (.public, job, false, true),
            (.limited, .anonymous, false, false), (.limited, job, false, false),
            (.limited, .account(AccountID(1), isAdmin: false), false, true),
            (.private, .account(AccountID(1), isAdmin: false), false, false),
            (.private, .account(AccountID(1), isAdmin: false), true, true),
            (.private, .account(AccountID(1), isAdmin: true), false, true), (.private, .anonymous, false, false),
        ])
    func shown(visibility: Visibility, principal: Principal, isMember: Bool, expected: Bool) {
        #expect(visibility.isShown(to: principal, isMember: isMember) == expected)
    }
}
