import Domain
import Postgres
import Web

/// What a person is to be (POST /admin/users).
struct UserDraft: Described, Decodable {
    let username: String?
    let email: String?
    let password: String?
    let full_name: String?
    let visibility: String?
    /// Absent: true, so that the password that somebody else chose does not stay.
    let must_change_password: Bool?

    static let example = UserDraft(
        username: "ann", email: "ann@example.com", password: "correct horse", full_name: "Ann", visibility: "public",
        must_change_password: false)
}

/// What is to be changed of a person (PATCH /admin/users/{username}); absent members stay as they are.
struct UserEdit: Described, Decodable {
    let email: String?
    let full_name: String?
    let password: String?
    let must_change_password: Bool?
    let description: String?
    let website: String?
    let location: String?
    let visibility: String?
    let admin: Bool?
    let active: Bool?
    let prohibit_login: Bool?

    static let example = UserEdit(
        email: "ann@example.com", full_name: "Ann", password: "correct horse", must_change_password: false,
        description: "", website: "", location: "", visibility: "public", admin: false, active: true,
        prohibit_login: false)
}

/// What an organization is to be (POST /orgs), or what is to be changed of it (PATCH /orgs/{org}).
struct OrganizationDraft: Described, Decodable {
    let username: String?
    let full_name: String?
    let email: String?
    let description: String?
    let website: String?
    let location: String?
    let visibility: String?

    static let example = OrganizationDraft(
        username: "guild", full_name: "The Guild", email: "", description: "", website: "", location: "",
        visibility: "public")
}

struct TeamBody: Described, Decodable {
    let name: String?
    let description: String?
    let permission: String?
    let includes_all_repositories: Bool?
    let can_create_org_repo: Bool?
    let units: [String]?

    static let example = TeamBody(
        name: "writers", description: "", permission: "write", includes_all_repositories: false,
        can_create_org_repo: false, units: ["repo.actions"])
}

struct TokenDraft: Described, Decodable {
    let name: String?
    let scopes: [String]?
    /// The token is refused from then on (RFC 3339); absent: never.
    let expires_at: String?

    static let example = TokenDraft(
        name: "ci", scopes: ["write:repository"], expires_at: "2030-01-01T00:00:00Z")
}

struct PasswordChange: Described, Decodable {
    let new_password: String?
    static let example = PasswordChange(new_password: "correct horse battery")
}

/// What people say of themselves, judged: nothing is stored of a body that fails.
enum AccountFields {
    /// - Throws: 422 for a name that cannot be.
    static func name(_ given: String?, _ field: String = "UserName") throws -> String {
        guard let given, !given.isEmpty else { throw Failure(.invalid, "[\(field)]: Required") }
        if let why = whyNoAccountName(given) {
            throw Failure(.invalid, "[\(field)]: nobody can be called \"\(given.prefix(80))\": \(why)")
        }
        return given
    }

    static func email(_ given: String?) throws -> String? {
        guard let given, !given.isEmpty else { return given }
        guard isMailAddress(given) else {
            throw Failure(.invalid, "[Email]: \"\(given.prefix(80))\" is no mail address")
        }
        return given
    }

    static func visibility(_ given: String?) throws -> Visibility? {
        guard let given, !given.isEmpty else { return nil }
        guard let known = Visibility(rawValue: given) else {
            throw Failure(
                .invalid, "[Visibility]: \"\(given.prefix(80))\" is none; it is public, limited or private")
        }
        return known
    }

    static func password(_ given: String?) throws -> StoredPassword? {
        guard let given, !given.isEmpty else { return nil }
        guard (AccountLimits.passwordBytesMin...Password.bytesMax).contains(given.utf8.count) else {
            throw Failure(
                .invalid,
                "[Password]: it has \(given.utf8.count) bytes; give one of \(AccountLimits.passwordBytesMin) to "
                    + "\(Password.bytesMax)")
        }
        let salt = Token.random(bytes: 16)
        return StoredPassword(hash: try Password.hash(given, salt: salt), salt: salt)
    }

    static func checkTexts(
        fullName: String? = nil, description: String? = nil, website: String? = nil, location: String? = nil
    ) throws {
        try checkField(fullName, "FullName", bytesMax: AccountLimits.fullNameBytesMax)
        try checkField(description, "Description", bytesMax: AccountLimits.descriptionBytesMax)
        try checkField(website, "Website", bytesMax: AccountLimits.websiteBytesMax)
        try checkField(location, "Location", bytesMax: AccountLimits.locationBytesMax)
    }
}
