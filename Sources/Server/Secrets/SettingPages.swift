import Domain
import Postgres
import Web

/// Pages of secrets and variables at each of their levels.
enum SettingPages {
    static let all: [Endpoint] =
        SettingPagePlace(
            path: "/{owner}/{repo}/settings", access: .repository(.owner), scope: .repository,
            level: { .repository($0.id) },
            address: { "/\($0.repository.fullName)/settings" }, whose: { "of \($0.repository.fullName)" },
            head: { place, title, isSecret in place.head(title, section: isSecret ? .secrets : .variables) }
        ).endpoints
        + SettingPagePlace(
            path: "/{owner}/{repo}/settings/environments/{environment}", access: .environment(.owner),
            scope: .repository,
            level: { .environment($0.environment.id) }, address: { EnvironmentPages.address(of: $0) },
            whose: { "of the environment \($0.environment.name) of \($0.place.repository.fullName)" },
            head: { within, title, _ in
                within.place.head(
                    title, section: .environments,
                    under: [Crumb(name: within.environment.name, link: EnvironmentPages.address(of: within))])
            }
        ).endpoints
        + SettingPagePlace(
            path: "/-/settings", access: .account, scope: .user, level: { .owner($0.account) },
            address: { _ in "/-/settings" },
            whose: { "of all repositories of \($0.caller.name)" },
            head: { by, title, isSecret in
                PageHead(title, caller: by.caller, section: isSecret ? .secrets : .variables)
            }
        ).endpoints
        + SettingPagePlace(
            path: "/-/organizations/{org}", access: .organization, scope: .organization, level: { .owner($0.id) },
            address: { "/-/organizations/\($0.organization.name)" },
            whose: { "of all repositories of \($0.organization.name)" },
            head: { place, title, _ in
                PageHead(
                    title, caller: place.caller,
                    crumbs: [Crumb(name: place.organization.name, link: "/\(place.organization.name)")])
            }
        ).endpoints
        + SettingPagePlace(
            path: "/-/admin", access: .siteAdmin, scope: .admin, level: { _ in .instance },
            address: { _ in "/-/admin" },
            whose: { _ in "of all repositories of this server" },
            head: { caller, title, _ in AdminPages.head(title, caller) }
        ).endpoints
}

extension InEnvironment: HasCaller {
    var caller: Caller { place.caller }
}

/// The pages of one level.
private struct SettingPagePlace<Context: HasCaller & Sendable>: Sendable {
    let path: String
    let access: Web.Access<App, Context>
    let scope: ScopeCategory
    let level: @Sendable (Context) -> SettingLevel
    let address: @Sendable (Context) -> String
    let whose: @Sendable (Context) -> String
    let head: @Sendable (_ context: Context, _ title: String, _ isSecret: Bool) -> PageHead

    private struct Typed {
        var old = ""
        var name = ""
        var value = ""
        var description = ""
        var problem: String?
        var removal: (name: String, problem: String?)?
    }

    var endpoints: [Endpoint] { [true, false].flatMap(endpoints) }

    private func endpoints(_ isSecret: Bool) -> [Endpoint] {
        let (word, words) = isSecret ? ("secret", "secrets") : ("variable", "variables")
        let asked = [
            QueryParameter("change", "the name of the one that the form is to change"),
            QueryParameter("remove", "the name of the one whose removal is to be asked for"),
        ]
        return [
            Endpoint(
                .get, "\(path)/\(words)", access, scope: scope, query: asked, answers: [.page, .failure(404)],
                "Show the \(words) of this level."
            ) { [self] request, context, app in
                var typed = Typed()
                typed.old = request.given("change") ?? ""
                typed.name = typed.old
                if !isSecret, let name = try? SecretName(typed.old),
                    let known = try app.variables.variable(name, at: level(context))
                {
                    (typed.value, typed.description) = (known.value, known.description)
                }
                typed.removal = request.given("remove").map { ($0, nil) }
                return try page(isSecret, typed, request, context, app).response()
            },
            Endpoint.form("\(path)/\(words)", access, scope: scope, "Make or change a \(word).") {
                [self] request, context, form, app in
                try save(isSecret, form, request, context, app)
            },
            Endpoint.form("\(path)/\(words)/remove", access, scope: scope, "Remove a \(word).") {
                [self] request, context, form, app in
                let changes = SettingChanges(app: app, level: level(context))
                let name = form["name"] ?? ""
                guard RemovalPart.isConfirmed(form) else {
                    var typed = Typed()
                    typed.removal = (name, RemovalPart.mismatch)
                    return try page(isSecret, typed, request, context, app).response(422)
                }
                if isSecret { try changes.removeSecret(name) } else { try changes.removeVariable(name) }
                return .seeOther("\(address(context))/\(words)")
            },
        ]
    }

    private func save(
        _ isSecret: Bool, _ form: Form, _ request: Request, _ context: Context, _ app: App
    ) throws -> Response {
        let changes = SettingChanges(app: app, level: level(context))
        var typed = Typed(
            old: form["old"] ?? "", name: form.given("name") ?? "",
            // Browsers send the lines of a text area with CRLF; keys and scripts have LF.
            value: (form["value"] ?? "").replacing("\r\n", with: "\n"), description: form["description"] ?? "")
        do {
            if isSecret {
                try app.requireMasterKey()
                _ = try changes.putSecret(typed.name, value: typed.value, description: typed.description)
            } else if let old = try? SecretName(typed.old) {
                try changes.updateVariable(
                    old, newName: typed.name, value: typed.value, description: typed.description)
            } else {
                try changes.createVariable(typed.name, value: typed.value, description: typed.description)
            }
        } catch let failure as Failure where [.invalid, .malformed, .conflict, .unimplemented].contains(failure.kind) {
            typed.problem = failure.message
            // A secret is not sent back to be looked at.
            if isSecret { typed.value = "" }
            return try page(isSecret, typed, request, context, app).response(422)
        }
        return .seeOther("\(address(context))/\(isSecret ? "secrets" : "variables")")
    }

    private func page(
        _ isSecret: Bool, _ typed: Typed, _ request: Request, _ context: Context, _ app: App
    ) throws -> SettingsPage {
        let (word, words) = isSecret ? ("secret", "secrets") : ("variable", "variables")
        let base = "\(address(context))/\(words)"
        let part = ListPart(limit: Int64(SecretLimits.perLevelMax))
        func row(_ name: String, _ description: String, value: String?, at: TimePart?) -> SettingRow {
            SettingRow(
                name: name, description: description.shown, value: value.map { cut($0, bytesMax: 300) }, createdAt: at,
                edit: "\(base)?change=\(name)#form", remove: "\(base)?remove=\(name)#removal")
        }
        let rows =
            isSecret
            ? try app.secrets.list(level(context), part).map {
                row($0.name.text, $0.description, value: nil, at: TimePart($0.createdAt, now: request.now))
            }
            : try app.variables.list(level(context), part).map {
                row($0.name.text, $0.description, value: $0.value, at: nil)
            }
        let isKnown = rows.contains { $0.name == typed.old }
        let removal = typed.removal.flatMap { wanted in
            rows.contains { $0.name == wanted.name } || wanted.problem != nil ? wanted : nil
        }
        return SettingsPage(
            head: head(context, isSecret ? "Secrets" : "Variables", isSecret),
            words: isSecret
                ? "Secrets \(whose(context)): jobs read them as ${{ secrets.NAME }}. Nobody is ever shown a value again; logs mask it."
                : "Variables \(whose(context)): jobs read them as ${{ vars.NAME }}. They are no secrets.",
            rows: rows, hasNone: rows.isEmpty, none: "There is no \(word) yet.",
            removal: removal.map {
                RemovalPart(
                    action: "\(base)/remove", token: context.caller.formToken, what: "the \(word) \($0.name)",
                    name: $0.name, consequence: "Jobs that name it get an empty text.", problem: $0.problem, back: base)
            },
            form: SettingFormPart(
                action: base, token: context.caller.formToken,
                title: isKnown ? "Change the \(word) \(typed.old)" : "Add a \(word)",
                old: isKnown ? typed.old : "", name: typed.name, isNameFixed: isKnown && isSecret, value: typed.value,
                description: typed.description, problem: typed.problem))
    }
}
