import Domain
import Postgres

/// A secret in the shape of Gitea's API: that there is one, never what it is.
struct SecretAnswer: Described {
    let name: String
    let description: String
    let created_at: String

    static let schemaName = "Secret"
    static let example = SecretAnswer(name: "DEPLOY_KEY", description: "staging", created_at: "2026-03-01T10:00:00Z")
}

extension SecretAnswer {
    init(_ secret: SecretView) {
        name = secret.name.text
        description = secret.description
        created_at = clockText(secret.createdAt)
    }
}

/// A variable in the shape of Gitea's API.
struct VariableAnswer: Described {
    let owner_id: Int64
    let repo_id: Int64
    let name: String
    let data: String
    let description: String

    static let schemaName = "ActionVariable"
    static let example = VariableAnswer(owner_id: 0, repo_id: 7, name: "REGION", data: "eu-1", description: "")
}

extension VariableAnswer {
    init(_ variable: VariableView) {
        switch variable.level {
        case .instance: (owner_id, repo_id) = (0, 0)
        case .owner(let owner): (owner_id, repo_id) = (owner.number, 0)
        case .repository(let repository): (owner_id, repo_id) = (0, repository.number)
        case .environment: (owner_id, repo_id) = (0, 0)
        }
        name = variable.name.text
        data = variable.value
        description = variable.description
    }
}

struct SecretEdit: Described, Decodable {
    let data: String?
    let description: String?

    static let schemaName = "CreateOrUpdateSecretOption"
    static let example = SecretEdit(data: "the value", description: "staging")
}

struct NewVariable: Described, Decodable {
    let value: String?
    let description: String?

    static let schemaName = "CreateVariableOption"
    static let example = NewVariable(value: "eu-1", description: "where it runs")
}

struct VariableEdit: Described, Decodable {
    let name: String?
    let value: String?
    let description: String?

    static let schemaName = "UpdateVariableOption"
    static let example = VariableEdit(name: "REGION", value: "eu-1", description: "where it runs")
}
