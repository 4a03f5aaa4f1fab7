/// The page of who may do what in a repository.
struct MembersPage: PageModel {
    static let template = Template.members

    let head: PageHead
    let token: String
    let owner: String
    let ownerLink: String
    let hasNone: Bool
    let members: [MemberRow]
    let hasTeams: Bool
    let teams: [TeamRow]
    let action: String
    /// The name that was typed.
    let user: String
    let userProblem: String?
    let permissions: [PermissionChoice]
}

struct MemberRow: PartModel {
    let name: String
    let fullName: String
    let link: String
    let choices: [PermissionChoice]
    let action: String
    let remove: String
    let token: String
}

struct PermissionChoice: PartModel {
    let word: String
    let words: String
    let isChosen: Bool
}

struct TeamRow: PartModel {
    let name: String
    let permission: String
}
