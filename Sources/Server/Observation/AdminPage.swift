/// The page by which administrators see how the whole server does.
struct AdminPage: PageModel {
    static let template = Template.admin

    let head: PageHead
    /// What is not as it should be, worst first.
    let problems: [AdminProblem]
    let facts: [AdminFact]
    let queue: [AdminQueueRow]
    let isQueueEmpty: Bool
    let instances: [InstanceRow]
}

struct AdminProblem: PartModel {
    let problem: String
}

/// A number with what it is of.
struct AdminFact: PartModel {
    let words: String
    let value: String
    /// A page that shows more; nil: there is none.
    let link: String?
}

struct AdminQueueRow: PartModel {
    let labels: String
    let waiting: String
    let oldest: TimePart
    let reason: String
}

struct InstanceRow: PartModel {
    let name: String
    let isHere: Bool
    let startedAt: TimePart
    let seenAt: TimePart
    let isSilent: Bool
    let sweepCount: Int
    let sweeps: [SweepRow]
}

/// A sweep whose last turn failed.
struct SweepRow: PartModel {
    let sweep: String
    let problem: String
}

/// The page of all people.
struct AdminUsersPage: PageModel {
    static let template = Template.adminUsers

    let head: PageHead
    /// What is searched for.
    let q: String
    let total: Int64
    let users: [AdminUserRow]
    let next: String?
}

struct AdminUserRow: PartModel {
    let name: String
    let fullName: String
    let email: String
    let isAdmin: Bool
    let isDisabled: Bool
    /// The viewer's own: one cannot shut oneself out.
    let isSelf: Bool
    let loggedInAt: TimePart?
    let action: String
    let token: String
}
