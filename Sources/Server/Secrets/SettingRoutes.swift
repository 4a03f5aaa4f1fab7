import Domain
import Postgres
import Web

/// REST: secrets and variables (rest.md 3), at the levels at which they are looked after. The instance's are ours alone: Gitea
/// has global variables, and no address for them.
enum SettingRoutes {
    static let all: [Endpoint] =
        SettingPlace(path: "/api/v1/repos/{owner}/{repo}", access: .repository(.owner), scope: .repository) {
            .repository($0.id)
        }.endpoints
        + SettingPlace(path: "/api/v1/orgs/{org}", access: .organization, scope: .organization) {
            .owner($0.organization.id)
        }.endpoints
        + SettingPlace(
            path: "/api/v1/repos/{owner}/{repo}/environments/{environment}", access: .environment(.owner),
            scope: .repository, folder: ""
        ) { .environment($0.environment.id) }.endpoints
        // As in Gitea, a user has no list of secrets.
        + SettingPlace(path: "/api/v1/user", access: .account, scope: .user, listsSecrets: false) {
            .owner($0.account)
        }.endpoints
        + SettingPlace(path: "/api/v1/admin", access: .siteAdmin, scope: .admin) { _ in .instance }.endpoints
}

/// The routes of one level.
private struct SettingPlace<Context: Sendable>: Sendable {
    let path: String
    let access: Web.Access<App, Context>
    let scope: ScopeCategory
    var listsSecrets = true
    var folder = "/actions"
    let level: @Sendable (Context) -> SettingLevel

    private var secretPath: String { path + folder + "/secrets" }
    private var variablePath: String { path + folder + "/variables" }
    private static var parameters: [QueryParameter] { Page.parameters.filter { $0.name != "before" } }

    var endpoints: [Endpoint] {
        (listsSecrets ? [secretList] : []) + [secretPut, secretDelete, variableList, variableGet, variablePost]
            + [variablePut, variableDelete]
    }

    // MARK: secrets

    private var secretList: Endpoint {
        Endpoint(
            .get, secretPath, access, scope: scope, query: Self.parameters, answers: [.json(200, [SecretAnswer].self)],
            "List the secrets of this level by name; never their values."
        ) { [level] request, context, app in
            try app.requireMasterKey()
            let level = level(context)
            let page = Page(request)
            let part = Page(number: page.number, limit: page.limit).part
            return try .json(
                200, try app.secrets.list(level, part).map(SecretAnswer.init),
                headers: page.headers(
                    total: try app.secrets.count(level), base: app.base(of: request), request: request))
        }
    }

    private var secretPut: Endpoint {
        Endpoint(
            .put, secretPath + "/{secretname}", access, scope: scope,
            reading: JSONBody<SecretEdit>(orElse: "[Data]: Required; send {\"data\": \"the value\"}"),
            answers: [.none(201), .none(204), .failure(400), .failure(422), .failure(501)],
            "Make a secret, or replace its value and description."
        ) { [level] request, context, body, app in
            try app.requireMasterKey()
            let sent = try body()
            let value = try read("Data") { () throws(ValueFault) in try checkedSecret(sent.data ?? "") }
            let description = try read("Description") { () throws(ValueFault) in
                try checkedDescription(sent.description)
            }
            let name = try newName(request.path["secretname"])
            switch try app.putSecret(name, at: level(context), value: value, description: description) {
            case .created: return .created
            case .replaced: return .noContent
            case .full: throw full("secrets")
            case .exists, .missing, .keyIsGone: throw Failure(.missing, "not found")
            }
        }
    }

    private var secretDelete: Endpoint {
        Endpoint(
            .delete, secretPath + "/{secretname}", access, scope: scope, answers: [.none(204), .failure(404)],
            "Remove a secret."
        ) { [level] request, context, app in
            try app.requireMasterKey()
            guard try app.secrets.remove(try known(request.path["secretname"]), at: level(context)) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        }
    }

    // MARK: variables

    private var variableList: Endpoint {
        Endpoint(
            .get, variablePath, access, scope: scope, query: Self.parameters,
            answers: [.json(200, [VariableAnswer].self)], "List the variables of this level by name."
        ) { [level] request, context, app in
            let level = level(context)
            let page = Page(request)
            let part = Page(number: page.number, limit: page.limit).part
            return try .json(
                200, try app.variables.list(level, part).map(VariableAnswer.init),
                headers: page.headers(
                    total: try app.variables.count(level), base: app.base(of: request), request: request))
        }
    }

    private var variableGet: Endpoint {
        Endpoint(
            .get, variablePath + "/{variablename}", access, scope: scope,
            answers: [.json(200, VariableAnswer.self), .failure(404)], "Show a variable."
        ) { [level] request, context, app in
            guard let found = try app.variables.variable(try known(request.path["variablename"]), at: level(context))
            else { throw Failure(.missing, "not found") }
            return try .json(200, VariableAnswer(found))
        }
    }

    private var variablePost: Endpoint {
        Endpoint(
            .post, variablePath + "/{variablename}", access, scope: scope,
            reading: JSONBody<NewVariable>(orElse: "[Value]: Required; send {\"value\": \"the value\"}"),
            answers: [.none(201), .failure(400), .failure(409), .failure(422)], "Make a variable."
        ) { [level] request, context, body, app in
            let sent = try body()
            let value = try read("Value") { () throws(ValueFault) in try checkedVariable(sent.value ?? "") }
            let description = try read("Description") { () throws(ValueFault) in
                try checkedDescription(sent.description)
            }
            let name = try newName(request.path["variablename"])
            switch try app.variables.create(name, at: level(context), value: value, description: description) {
            case .created: return .created
            case .exists: throw Failure(.conflict, "variable \(name.text) exists already")
            case .full: throw full("variables")
            case .missing, .replaced, .keyIsGone: throw Failure(.missing, "not found")
            }
        }
    }

    private var variablePut: Endpoint {
        Endpoint(
            .put, variablePath + "/{variablename}", access, scope: scope,
            reading: JSONBody<VariableEdit>(orElse: "[Value]: Required; send {\"value\": \"the value\"}"),
            answers: [.none(204), .failure(400), .failure(404), .failure(409), .failure(422)],
            "Replace the value and the description of a variable, and its name if one is sent."
        ) { [level] request, context, body, app in
            let name = try known(request.path["variablename"])
            let level = level(context)
            guard try app.variables.variable(name, at: level) != nil else { throw Failure(.missing, "not found") }
            let sent = try body()
            let value = try read("Value") { () throws(ValueFault) in try checkedVariable(sent.value ?? "") }
            let description = try read("Description") { () throws(ValueFault) in
                try checkedDescription(sent.description)
            }
            let wanted = sent.name ?? ""
            let newName = wanted.isEmpty ? name : try newName(wanted)
            switch try app.variables.update(name, at: level, to: newName, value: value, description: description) {
            case .replaced: return .noContent
            case .exists: throw Failure(.conflict, "variable \(newName.text) exists already")
            case .full: throw full("variables")
            case .missing, .created, .keyIsGone: throw Failure(.missing, "not found")
            }
        }
    }

    private var variableDelete: Endpoint {
        Endpoint(
            .delete, variablePath + "/{variablename}", access, scope: scope, answers: [.none(204), .failure(404)],
            "Remove a variable."
        ) { [level] request, context, app in
            guard try app.variables.remove(try known(request.path["variablename"]), at: level(context)) else {
                throw Failure(.missing, "not found")
            }
            return .noContent
        }
    }
}

/// The name of what must be there: one that nothing can have is missing.
private func known(_ text: String?) throws -> SecretName {
    guard let name = try? SecretName(text ?? "") else { throw Failure(.missing, "not found") }
    return name
}

/// The name of what is made.
private func newName(_ text: String?) throws -> SecretName {
    do throws(SecretName.Invalid) { return try SecretName(text ?? "") } catch {
        throw Failure(.malformed, error.words)
    }
}

/// - Parameter field: as binding errors call it.
private func read(_ field: String, _ check: () throws(ValueFault) -> String) throws -> String {
    do throws(ValueFault) { return try check() } catch {
        switch error {
        case .empty, .hasNUL: throw Failure(.invalid, "[\(field)]: \(error.words)")
        case .tooLong: throw Failure(.malformed, error.words)
        }
    }
}

private func full(_ what: String) -> Failure {
    Failure(
        .invalid,
        "a level has at most \(SecretLimits.perLevelMax) \(what) of \(SecretLimits.levelBytesMax) bytes together; remove what "
            + "nothing uses")
}

extension App {
    /// - Throws: 501 that says what to configure.
    fileprivate func requireMasterKey() throws {
        if !keys.master.isConfigured { _ = try keys.master.wrapping() }
    }
}
