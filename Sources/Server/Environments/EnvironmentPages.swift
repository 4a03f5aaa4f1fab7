import Domain
import Postgres
import Web

/// Pages of a repository's environments.
enum EnvironmentPages {
    private static let path = "/{owner}/{repo}/settings/environments"

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.owner), answers: [.page, .failure(404)], "Show the environments of a repository."
        ) { _, place, app in try list(place, app).response() },
        Endpoint.form(path, .repository(.owner), "Make an environment.") { _, place, form, app in
            let name = form.given("name") ?? ""
            func again(_ problem: String) throws -> Response {
                try list(place, app, typed: name, problem: problem).response(422)
            }
            if let why = whyNoEnvironmentName(name) { return try again(why) }
            guard try app.environments.environment(name, in: place.id) == nil else {
                return try again("there is an environment of this name")
            }
            do {
                let made = try EnvironmentRoutes.put(name, in: place, EnvironmentBody().edit(), app)
                return .seeOther(address(of: InEnvironment(place: place, environment: made)))
            } catch let failure as Failure where failure.kind == .invalid { return try again(failure.message) }
        },
        Endpoint(
            .get, path + "/{environment}", .environment(.owner),
            query: [QueryParameter("remove", "whether its removal is to be asked for")],
            answers: [.page, .failure(404)], "Show the rules of an environment."
        ) { request, within, app in
            try page(within, Typed(within.environment), app, isRemoval: request.given("remove") != nil).response()
        },
        Endpoint.form(path + "/{environment}", .environment(.owner), "Change the rules of an environment.", save),
        Endpoint.form(
            path + "/{environment}/remove", .environment(.owner),
            "Remove an environment with its secrets and variables; jobs that wait for its review fail."
        ) { _, within, form, app in
            guard RemovalPart.isConfirmed(form), form["name"] == within.environment.name else {
                return try page(
                    within, Typed(within.environment), app, isRemoval: true, removalProblem: RemovalPart.mismatch
                ).response(422)
            }
            _ = try app.environments.remove(within.environment.name, in: within.place.id)
            return .seeOther(address(of: within.place))
        },
    ]

    static func address(of place: InRepository) -> String { "/\(place.repository.fullName)/settings/environments" }
    static func address(of within: InEnvironment) -> String {
        "\(address(of: within.place))/\(percentEncoded(within.environment.name))"
    }

    private static func list(
        _ place: InRepository, _ app: App, typed: String = "", problem: String? = nil
    ) throws -> EnvironmentListPage {
        let found = try app.environments.list(of: place.id, ListPart(limit: EnvironmentLimits.perRepositoryMax))
        return EnvironmentListPage(
            head: place.head("Environments", section: .environments),
            rows: found.map {
                EnvironmentRow(
                    name: $0.name, link: address(of: InEnvironment(place: place, environment: $0)), rules: $0.words)
            }, hasNone: found.isEmpty,
            form: NewEnvironmentPart(
                action: address(of: place), token: place.caller.formToken, name: typed, problem: problem))
    }

    /// The fields of the form, as they are or as they came.
    private struct Typed {
        var wait: String
        var reviewers: String
        var preventsSelfReview: Bool
        var isByPattern: Bool
        var patterns: String
        var problem: String?

        init(_ environment: EnvironmentView) {
            wait = "\(environment.waitMinutes)"
            reviewers = environment.reviewers.map(\.typed).joined(separator: ", ")
            preventsSelfReview = environment.preventsSelfReview
            if case .custom(let policies) = environment.branches {
                isByPattern = true
                patterns = policies.map { $0.kind == .tag ? "tag:\($0.pattern)" : $0.pattern }.joined(separator: "\n")
            } else {
                (isByPattern, patterns) = (false, "")
            }
        }

        init(_ form: Form) {
            wait = form.given("wait") ?? "0"
            reviewers = form.given("reviewers") ?? ""
            preventsSelfReview = form["prevent_self_review"] == "true"
            isByPattern = form["branches"] == "custom"
            patterns = form["patterns"] ?? ""
        }
    }

    private static func page(
        _ within: InEnvironment, _ typed: Typed, _ app: App, isRemoval: Bool = false, removalProblem: String? = nil
    ) throws -> EnvironmentPage {
        let address = address(of: within)
        let name = within.environment.name
        return EnvironmentPage(
            head: within.place.head(
                name, section: .environments,
                under: [Crumb(name: "Environments", link: Self.address(of: within.place))]),
            action: address, token: within.place.caller.formToken, problem: typed.problem, waitMinutes: typed.wait,
            reviewers: typed.reviewers, preventsSelfReview: typed.preventsSelfReview, allowsAll: !typed.isByPattern,
            isByPattern: typed.isByPattern, patterns: typed.patterns, secrets: "\(address)/secrets",
            variables: "\(address)/variables", remove: "\(address)?remove=1#removal",
            removal: isRemoval
                ? RemovalPart(
                    action: "\(address)/remove", token: within.place.caller.formToken, what: "the environment \(name)",
                    name: name,
                    consequence: "Its secrets and variables go with it, and jobs that wait for its review fail.",
                    problem: removalProblem, back: address) : nil)
    }

    @Sendable private static func save(
        _ request: Request, _ within: InEnvironment, _ form: Form, _ app: App
    ) throws -> Response {
        var typed = Typed(form)
        do {
            guard let minutes = Int64(typed.wait) else {
                throw Failure(.invalid, "the minutes are a whole number, not \"\(cut(typed.wait, bytesMax: 40))\"")
            }
            let policies = try policies(typed.patterns)
            var body = EnvironmentBody(
                wait_timer: minutes, prevent_self_review: typed.preventsSelfReview,
                reviewers: try reviewers(typed.reviewers, within, app))
            if typed.isByPattern {
                body.deployment_branch_policy = BranchPolicySetting(
                    protected_branches: false, custom_branch_policies: true)
            }
            let made = try EnvironmentRoutes.put(within.environment.name, in: within.place, body.edit(), app)
            if typed.isByPattern { try set(policies, of: made.id, app) }
        } catch let failure as Failure where [.invalid, .conflict].contains(failure.kind) {
            typed.problem = failure.message
            return try page(within, typed, app).response(422)
        }
        return .seeOther(address(of: within))
    }

    private static func policies(_ text: String) throws -> [BranchPolicy] {
        let lines = text.split(byte: "\n").map { $0.hasSuffix("\r") ? String($0.dropLast()) : String($0) }.filter {
            !$0.isEmpty
        }
        guard lines.count <= Int(EnvironmentLimits.policiesMax) else {
            throw Failure(
                .invalid,
                "there are \(lines.count) patterns; an environment has at most \(EnvironmentLimits.policiesMax)")
        }
        return try lines.map { line in
            let isTag = line.hasPrefix("tag:")
            return try BranchPolicyBody(
                name: isTag ? String(line.dropFirst("tag:".count)) : line, type: isTag ? "tag" : "branch"
            ).policy()
        }
    }

    /// Leaves those that are there and stay.
    private static func set(_ wanted: [BranchPolicy], of environment: EnvironmentID, _ app: App) throws {
        let known = try app.environments.policies(of: environment, ListPart(limit: EnvironmentLimits.policiesMax))
        for old in known where !wanted.contains(old.policy) {
            _ = try app.environments.removePolicy(old.id, of: environment)
        }
        for new in wanted where !known.contains(where: { $0.policy == new }) {
            if case .full = try app.environments.add(new, to: environment) {
                throw Failure(.invalid, "an environment has at most \(EnvironmentLimits.policiesMax) patterns")
            }
        }
    }

    private static func reviewers(
        _ text: String, _ within: InEnvironment, _ app: App
    ) throws -> [EnvironmentBody.Reviewer] {
        let names = text.split(byte: ",").compactMap { name -> String? in
            let bare = name.drop { $0 == " " }
            let end = bare.lastIndex { $0 != " " }
            return end.map { String(bare[...$0]) }
        }
        guard names.count <= EnvironmentLimits.reviewersMax else {
            throw Failure(
                .invalid, "\(names.count) reviewers; an environment has at most \(EnvironmentLimits.reviewersMax)")
        }
        return try names.map { name in
            guard name.hasPrefix("team:") else {
                guard let account = try app.accounts.account(named: name), !account.isOrganization else {
                    throw Failure(.invalid, "there is no user \"\(cut(name, bytesMax: 100))\"")
                }
                return EnvironmentBody.Reviewer(type: "User", id: account.id.number)
            }
            let wanted = name.dropFirst("team:".count).lowercased()
            let teams = try app.teams.teams(
                of: within.place.repository.facts.owner, ListPart(limit: EnvironmentPageLimits.teamsMax))
            guard let team = teams.first(where: { $0.name.lowercased() == wanted }) else {
                throw Failure(
                    .invalid,
                    "\(within.place.repository.ownerName) has no team \"\(cut(String(wanted), bytesMax: 100))\"")
            }
            return EnvironmentBody.Reviewer(type: "Team", id: team.id)
        }
    }
}

enum EnvironmentPageLimits {
    /// Teams of an organization among which a reviewer is looked for by name.
    static let teamsMax: Int64 = 1000
}

extension Reviewer {
    /// As a person types it.
    fileprivate var typed: String {
        switch self {
        case .account(_, let name): name
        case .team(_, let name): "team:\(name)"
        }
    }
}

extension EnvironmentView {
    /// Its rules in words.
    fileprivate var words: String {
        var words: [String] = []
        if waitMinutes > 0 { words.append("jobs wait \(waitMinutes) min") }
        if !reviewers.isEmpty { words.append("approval by " + reviewers.map(\.typed).joined(separator: " or ")) }
        if case .custom(let policies) = branches { words.append("\(policies.count) patterns of branches and tags") }
        return words.isEmpty ? "no rules" : words.joined(separator: ", ")
    }
}
