import Testing

@testable import Domain

@Suite("Calling workflows of another repository")
struct CallAccessTests {
    @Test(
        "needs it to be public, or both to be private and of the same owner",
        arguments: [
            (2, 1, true, Visibility.public, true), (2, 9, false, .public, true), (2, 9, true, .public, false),
            (2, 9, false, .limited, false), (2, 9, false, .private, false), (1, 9, true, .private, true),
        ] as [(Int64, Int64, Bool, Visibility, Bool)])
    func access(id: Int64, owner: Int64, isPrivate: Bool, visibility: Visibility, may: Bool) {
        let caller = RepositoryFacts(id: RepositoryID(1), owner: AccountID(1), isPrivate: true)
        let open = RepositoryFacts(id: RepositoryID(1), owner: AccountID(1), isPrivate: false)
        let callee = RepositoryFacts(
            id: RepositoryID(id), owner: AccountID(owner), isPrivate: isPrivate, ownerVisibility: visibility)
        #expect(mayCallWorkflows(of: callee, from: caller, isFromFork: false) == may)
        // A public caller shows what it calls to everybody, and a stranger's request to the stranger.
        let isOpen = id == 1 || !isPrivate && visibility == .public
        #expect(mayCallWorkflows(of: callee, from: open, isFromFork: false) == isOpen)
        #expect(mayCallWorkflows(of: callee, from: caller, isFromFork: true) == isOpen)
    }
}
