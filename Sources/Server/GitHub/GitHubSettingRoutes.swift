import Crypto
import Domain
import Foundation
import Postgres
import Web

/// Secrets and variables of a repository as GitHub's clients write them: a secret comes in a sealed box.
enum GitHubSettingRoutes {
    static let all: [Endpoint] =
        GitHubSettingPlace(path: GitHubRoutes.actions, access: .repository(.owner)) { .repository($0.id) }.endpoints
        + GitHubSettingPlace(
            path: GitHubRoutes.base + "/repos/{owner}/{repo}/environments/{environment}", access: .environment(.owner)
        ) { .environment($0.environment.id) }.endpoints
}

/// The routes of one level.
private struct GitHubSettingPlace<Context: Sendable>: Sendable {
    let path: String
    let access: Web.Access<App, Context>
    let level: @Sendable (Context) -> SettingLevel

    private var secrets: String { path + "/secrets" }
    private var variables: String { path + "/variables" }
    private var page: [QueryParameter] {
        [QueryParameter("page", "the page, from 1"), QueryParameter("per_page", "rows on a page, at most 100")]
    }
    private var refused: [AnswerShape] { [.failure(404), .failure(409), .failure(422)] }

    var endpoints: [Endpoint] { secretEndpoints + variableEndpoints }

    private var secretEndpoints: [Endpoint] {
        [
            GitHubRoutes.endpoint(
                .get, secrets + "/public-key", access,
                answers: [.json(200, GitHubPublicKey.self), .failure(404)], "Show the key that secrets are sealed with."
            ) { _, _, app in
                try .json(200, try BoxKey(app).answer, headers: [(name: "Cache-Control", value: "no-store")])
            },
            GitHubRoutes.endpoint(
                .get, secrets, access, query: page,
                answers: [.json(200, GitHubSecretList.self), .failure(404)], "List the secrets of a repository by name."
            ) { [level] request, place, app in
                let page = GitHubRoutes.page(request)
                let total = try app.secrets.count(level(place))
                let found = try app.secrets.list(level(place), page.part)
                return try .json(
                    200, GitHubSecretList(total_count: total, secrets: found.map(GitHubSecret.init)),
                    headers: page.headers(total: total, base: app.base(of: request), request: request))
            },
            Endpoint(
                .put, secrets + "/{name}", access, scope: .repository,
                reading: JSONBody<SealedSecret>(
                    orElse: "send {\"encrypted_value\": \"base64 of a sealed box\", \"key_id\": \"…\"}"),
                answers: [.none(201), .none(204)] + refused, "Make or replace a secret."
            ) { [level] request, place, body, app in
                let sent = try body()
                let key = try BoxKey(app)
                guard sent.key_id == key.id else {
                    throw Failure(.invalid, "key_id is \"\(sent.key_id)\"; ask for the public key again")
                }
                guard let box = Data(base64Encoded: sent.encrypted_value), let bytes = key.open(Array(box)),
                    let text = String(bytes: bytes, encoding: .utf8)
                else { throw Failure(.invalid, "encrypted_value is no sealed box of UTF-8 text for this key") }
                let checked = try Self.value(of: "encrypted_value") { () throws(ValueFault) in try checkedSecret(text) }
                switch try app.putSecret(
                    try Self.newName(request.path["name"]), at: level(place), value: checked, description: "")
                {
                case .created: return GitHubRoutes.marked(.created, request)
                case .replaced: return GitHubRoutes.marked(.noContent, request)
                case .full: throw Failure(.invalid, "there are \(SecretLimits.perLevelMax) secrets already")
                case .exists, .missing, .keyIsGone: throw Failure(.missing, "not found")
                }
            },
            GitHubRoutes.endpoint(
                .delete, secrets + "/{name}", access, answers: [.none(204), .failure(404)], "Remove a secret."
            ) { [level] request, place, app in
                guard try app.secrets.remove(try Self.known(request.path["name"]), at: level(place)) else {
                    throw Failure(.missing, "not found")
                }
                return .noContent
            },
        ]
    }

    private var variableEndpoints: [Endpoint] {
        [
            GitHubRoutes.endpoint(
                .get, variables, access, query: page,
                answers: [.json(200, GitHubVariableList.self), .failure(404)], "List the variables of a repository."
            ) { [level] request, place, app in
                let page = GitHubRoutes.page(request)
                let total = try app.variables.count(level(place))
                let found = try app.variables.list(level(place), page.part)
                return try .json(
                    200, GitHubVariableList(total_count: total, variables: found.map(GitHubVariable.init)),
                    headers: page.headers(total: total, base: app.base(of: request), request: request))
            },
            GitHubRoutes.endpoint(
                .get, variables + "/{name}", access,
                answers: [.json(200, GitHubVariable.self), .failure(404)],
                "Show a variable."
            ) { [level] request, place, app in
                try .json(200, GitHubVariable(try Self.variable(request, level(place), app)))
            },
            Endpoint(
                .post, variables, access, scope: .repository,
                reading: JSONBody<GitHubVariableEdit>(orElse: "send {\"name\": \"NAME\", \"value\": \"the value\"}"),
                answers: [.json(201, GitHubNothing.self)] + refused, "Make a variable."
            ) { [level] request, place, body, app in
                let sent = try body()
                let text = try Self.value(of: "value") { () throws(ValueFault) in try checkedVariable(sent.value ?? "")
                }
                switch try app.variables.create(
                    try Self.newName(sent.name), at: level(place), value: text, description: "")
                {
                case .created: return GitHubRoutes.marked(try .json(201, GitHubNothing()), request)
                case .exists: throw Failure(.conflict, "the variable exists already")
                case .full: throw Failure(.invalid, "there are \(SecretLimits.perLevelMax) variables already")
                case .missing, .replaced, .keyIsGone: throw Failure(.missing, "not found")
                }
            },
            Endpoint(
                .patch, variables + "/{name}", access, scope: .repository,
                reading: JSONBody<GitHubVariableEdit>(orElse: "send {\"value\": \"the value\"}"),
                answers: [.none(204)] + refused, "Change a variable; what is not sent stays."
            ) { [level] request, place, body, app in
                let old = try Self.variable(request, level(place), app)
                let sent = try body()
                let text = try Self.value(of: "value") { () throws(ValueFault) in
                    try checkedVariable(sent.value ?? old.value)
                }
                switch try app.variables.update(
                    old.name, at: level(place), to: try sent.name.map(Self.newName) ?? old.name, value: text,
                    description: old.description)
                {
                case .replaced: return GitHubRoutes.marked(.noContent, request)
                case .exists: throw Failure(.conflict, "the variable exists already")
                case .missing, .created, .full, .keyIsGone: throw Failure(.missing, "not found")
                }
            },
            GitHubRoutes.endpoint(
                .delete, variables + "/{name}", access, answers: [.none(204), .failure(404)],
                "Remove a variable."
            ) { [level] request, place, app in
                guard try app.variables.remove(try Self.known(request.path["name"]), at: level(place)) else {
                    throw Failure(.missing, "not found")
                }
                return .noContent
            },
        ]
    }

    private static func variable(_ request: Request, _ level: SettingLevel, _ app: App) throws -> VariableView {
        guard let found = try app.variables.variable(try Self.known(request.path["name"]), at: level) else {
            throw Failure(.missing, "not found")
        }
        return found
    }

    private static func known(_ text: String?) throws -> SecretName {
        guard let name = try? SecretName(text ?? "") else { throw Failure(.missing, "not found") }
        return name
    }

    @Sendable private static func newName(_ text: String?) throws -> SecretName {
        do throws(SecretName.Invalid) { return try SecretName(text ?? "") } catch {
            throw Failure(.invalid, error.words)
        }
    }

    private static func value(of field: String, _ check: () throws(ValueFault) -> String) throws -> String {
        do throws(ValueFault) { return try check() } catch { throw Failure(.invalid, "\(field): \(error.words)") }
    }
}

/// The key of the boxes that secrets come in: one for all instances, wrapped as the others are.
private struct BoxKey {
    private let key: Curve25519.KeyAgreement.PrivateKey

    init(_ app: App) throws {
        key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: try app.keys.boxKey)
    }

    private var publicBytes: [UInt8] { Array(key.publicKey.rawRepresentation) }

    var id: String {
        "\(Blake2b.hash(publicBytes, bytes: 8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })"
    }
    var answer: GitHubPublicKey {
        GitHubPublicKey(key_id: id, key: Data(publicBytes).base64EncodedString())
    }

    /// Nil for what was not sealed with this key.
    func open(_ box: [UInt8]) -> [UInt8]? {
        guard let sender = SealedBox.sender(of: box),
            let other = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: sender),
            let shared = try? key.sharedSecretFromKeyAgreement(with: other)
        else { return nil }
        return SealedBox.open(box, shared: shared.withUnsafeBytes { Array($0) }, recipient: publicBytes)
    }
}

struct GitHubPublicKey: Described {
    let key_id: String
    /// X25519, base64.
    let key: String
    static let example = GitHubPublicKey(
        key_id: "012345678912345678", key: "2Sg8iYjAxxmI2LvUXpJjkYrMxURPc8r+dB7TJyvvcCU=")
}

struct SealedSecret: Described, Decodable {
    /// libsodium's sealed box, base64.
    let encrypted_value: String
    let key_id: String
    static let example = SealedSecret(encrypted_value: "c2VhbGVk", key_id: "012345678912345678")
}

struct GitHubSecret: Described {
    let name: String
    let created_at: String
    let updated_at: String

    init(_ secret: SecretView) {
        name = secret.name.text
        created_at = clockText(secret.createdAt)
        updated_at = created_at
    }
    private init() {
        name = "DEPLOY_KEY"
        created_at = "2026-03-01T10:00:00Z"
        updated_at = created_at
    }
    static let example = GitHubSecret()
}

struct GitHubSecretList: Described {
    let total_count: Int64
    let secrets: [GitHubSecret]
    static let example = GitHubSecretList(total_count: 1, secrets: [.example])
}

struct GitHubVariable: Described {
    let name: String
    let value: String

    init(_ variable: VariableView) {
        name = variable.name.text
        value = variable.value
    }
    private init() {
        name = "REGION"
        value = "eu-1"
    }
    static let example = GitHubVariable()
}

struct GitHubVariableList: Described {
    let total_count: Int64
    let variables: [GitHubVariable]
    static let example = GitHubVariableList(total_count: 1, variables: [.example])
}

struct GitHubVariableEdit: Described, Decodable {
    let name: String?
    let value: String?
    static let example = GitHubVariableEdit(name: "REGION", value: "eu-1")
}
