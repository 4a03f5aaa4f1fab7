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
            let isNew = try SettingChanges(app: app, level: level(context)).putSecret(
                request.path["secretname"], value: sent.data, description: sent.description)
            return isNew ? .created : .noContent
        }
    }

    private var secretDelete: Endpoint {
        Endpoint(
            .delete, secretPath + "/{secretname}", access, scope: scope, answers: [.none(204), .failure(404)],
            "Remove a secret."
        ) { [level] request, context, app in
            try app.requireMasterKey()
            try SettingChanges(app: app, level: level(context)).removeSecret(request.path["secretname"])
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
            guard
                let found = try app.variables.variable(
                    try SettingChanges.known(request.path["variablename"]), at: level(context))
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
            try SettingChanges(app: app, level: level(context)).createVariable(
                request.path["variablename"], value: sent.value, description: sent.description)
            return .created
        }
    }

    private var variablePut: Endpoint {
        Endpoint(
            .put, variablePath + "/{variablename}", access, scope: scope,
            reading: JSONBody<VariableEdit>(orElse: "[Value]: Required; send {\"value\": \"the value\"}"),
            answers: [.none(204), .failure(400), .failure(404), .failure(409), .failure(422)],
            "Replace the value and the description of a variable, and its name if one is sent."
        ) { [level] request, context, body, app in
            let name = try SettingChanges.known(request.path["variablename"])
            let level = level(context)
            guard try app.variables.variable(name, at: level) != nil else { throw Failure(.missing, "not found") }
            let sent = try body()
            try SettingChanges(app: app, level: level).updateVariable(
                name, newName: sent.name, value: sent.value, description: sent.description)
            return .noContent
        }
    }

    private var variableDelete: Endpoint {
        Endpoint(
            .delete, variablePath + "/{variablename}", access, scope: scope, answers: [.none(204), .failure(404)],
            "Remove a variable."
        ) { [level] request, context, app in
            try SettingChanges(app: app, level: level(context)).removeVariable(request.path["variablename"])
            return .noContent
        }
    }
}
