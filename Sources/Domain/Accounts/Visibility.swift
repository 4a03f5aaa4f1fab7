/// Who sees an account, and through it what it owns.
public enum Visibility: String, Sendable, CaseIterable {
    case `public`
    /// Who is logged in.
    case limited
    /// Its members, and administrators.
    case `private`

    /// - Parameter isMember: it is the account itself, or one of the organization's members.
    public func isShown(to principal: Principal, isMember: Bool) -> Bool {
        switch (self, principal) {
        case (.public, _), (_, .account(_, isAdmin: true)): true
        case (.limited, .account), (.private, .account): self == .limited || isMember
        // A job acts for no account.
        case (_, .anonymous), (_, .job): false
        }
    }
}
