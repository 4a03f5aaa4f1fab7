import Crypto
import Domain
import Foundation
import Postgres
import Web

/// Secrets and variables of a repository as GitHub's clients write them: a secret comes in a sealed box.
enum GitHubSettingRoutes {
    private static let secrets = GitHubRoutes.actions + "/secrets"
    private static let variables = GitHubRoutes.actions + "/variables"
    private static let page = [
        QueryParameter("page", "the page, from 1"), QueryParameter("per_page", "rows on a page, at most 100"),
    ]
    private static let refused: [AnswerShape] = [.failure(404), .failure(409), .failure(422)]

    static let all: [Endpoint] = [
        GitHubRoutes.endpoint(
            .get, secrets + "/public-key", .repository(.owner),
            answers: [.json(200, GitHubPublicKey.self), .failure(404)], "Show the key that secrets are sealed with."
        ) { _, _, app in try .json(200, try BoxKey(app).answer, headers: [(name: "Cache-Control", value: "no-store")])
        },
        GitHubRoutes.endpoint(
            .get, secrets, .repository(.owner), query: page,
            answers: [.json(200, GitHubSecretList.self), .failure(404)], "List the secrets of a repository by name."
        ) { request, place, app in
            let page = GitHubRoutes.page(request)
            let total = try app.secrets.count(.repository(place.id))
            let found = try app.secrets.list(.repository(place.id), page.part)
            return try .json(
                200, GitHubSecretList(total_count: total, secrets: found.map(GitHubSecret.init)),
                headers: page.headers(total: total, base: app.base(of: request), request: request))
        },
        Endpoint(
            .put, secrets + "/{name}", .repository(.owner), scope: .repository,
            reading: JSONBody<SealedSecret>(
                orElse: "send {\"encrypted_value\": \"base64 of a sealed box\", \"key_id\": \"…\"}"),
            answers: [.none(201), .none(204)] + refused, "Make or replace a secret."
        ) { request, place, body, app in
            let sent = try body()
            let key = try BoxKey(app)
            guard sent.key_id == key.id else {
                throw Failure(.invalid, "key_id is \"\(sent.key_id)\"; ask for the public key again")
            }
            guard let box = Data(base64Encoded: sent.encrypted_value), let bytes = key.open(Array(box)),
                let text = String(bytes: bytes, encoding: .utf8)
            else { throw Failure(.invalid, "encrypted_value is no sealed box of UTF-8 text for this key") }
            let checked = try value(of: "encrypted_value") { () throws(ValueFault) in try checkedSecret(text) }
            switch try app.putSecret(
                try newName(request.path["name"]), at: .repository(place.id), value: checked, description: "")
            {
            case .created: return GitHubRoutes.marked(.created, request)
            case .replaced: return GitHubRoutes.marked(.noContent, request)
            case .full: throw Failure(.invalid, "there are \(SecretLimits.perLevelMax) secrets already")
            case .exists, .missing, .keyIsGone: throw Failure(.missing, "not found")
            }
        },
        GitHubRoutes.endpoint(
            .delete, secrets + "/{name}", .repository(.owner), answers: [.none(204), .failure(404)], "Remove a secret."
        ) { request, place, app in
            guard try app.secrets.remove(try known(request.path["name"]), at: .repository(place.id)) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
        GitHubRoutes.endpoint(
            .get, variables, .repository(.owner), query: page,
            answers: [.json(200, GitHubVariableList.self), .failure(404)], "List the variables of a repository."
        ) { request, place, app in
            let page = GitHubRoutes.page(request)
            let total = try app.variables.count(.repository(place.id))
            let found = try app.variables.list(.repository(place.id), page.part)
            return try .json(
                200, GitHubVariableList(total_count: total, variables: found.map(GitHubVariable.init)),
                headers: page.headers(total: total, base: app.base(of: request), request: request))
        },
        GitHubRoutes.endpoint(
            .get, variables + "/{name}", .repository(.owner),
            answers: [.json(200, GitHubVariable.self), .failure(404)],
            "Show a variable."
        ) { request, place, app in
            try .json(200, GitHubVariable(try variable(request, place, app)))
        },
        Endpoint(
            .post, variables, .repository(.owner), scope: .repository,
            reading: JSONBody<GitHubVariableEdit>(orElse: "send {\"name\": \"NAME\", \"value\": \"the value\"}"),
            answers: [.json(201, GitHubNothing.self)] + refused, "Make a variable."
        ) { request, place, body, app in
            let sent = try body()
            let text = try value(of: "value") { () throws(ValueFault) in try checkedVariable(sent.value ?? "") }
            switch try app.variables.create(
                try newName(sent.name), at: .repository(place.id), value: text, description: "")
            {
            case .created: return GitHubRoutes.marked(try .json(201, GitHubNothing()), request)
            case .exists: throw Failure(.conflict, "the variable exists already")
            case .full: throw Failure(.invalid, "there are \(SecretLimits.perLevelMax) variables already")
            case .missing, .replaced, .keyIsGone: throw Failure(.missing, "not found")
            }
        },
        Endpoint(
            .patch, variables + "/{name}", .repository(.owner), scope: .repository,
            reading: JSONBody<GitHubVariableEdit>(orElse: "send {\"value\": \"the value\"}"),
            answers: [.none(204)] + refused, "Change a variable; what is not sent stays."
        ) { request, place, body, app in
            let old = try variable(request, place, app)
            let sent = try body()
            let text = try value(of: "value") { () throws(ValueFault) in try checkedVariable(sent.value ?? old.value) }
            switch try app.variables.update(
                old.name, at: .repository(place.id), to: try sent.name.map(newName) ?? old.name, value: text,
                description: old.description)
            {
            case .replaced: return GitHubRoutes.marked(.noContent, request)
            case .exists: throw Failure(.conflict, "the variable exists already")
            case .missing, .created, .full, .keyIsGone: throw Failure(.missing, "not found")
            }
        },
        GitHubRoutes.endpoint(
            .delete, variables + "/{name}", .repository(.owner), answers: [.none(204), .failure(404)],
            "Remove a variable."
        ) { request, place, app in
            guard try app.variables.remove(try known(request.path["name"]), at: .repository(place.id)) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        },
    ]

    private static func variable(_ request: Request, _ place: InRepository, _ app: App) throws -> VariableView {
        guard let found = try app.variables.variable(try known(request.path["name"]), at: .repository(place.id)) else {
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
