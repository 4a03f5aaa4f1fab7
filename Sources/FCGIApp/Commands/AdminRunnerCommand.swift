import ArgumentParser
import Domain
import Postgres

struct AdminRunnerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runner", abstract: "Let runners register.", subcommands: [RegistrationToken.self])

    struct RegistrationToken: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Print the registration token of a repository, an owner or the whole site.",
            discussion: "Example: millrace admin runner token --repo ann/app")
        @OptionGroup var options: ConfigOption
        @OptionGroup var place: RunnerPlace
        @Flag(help: "Print a new one; those of before are refused from now on.") var rotate = false

        func run() throws {
            try AdminCommand.guarded(options) { app in
                let tokens = RegistrationTokens(app: app)
                let scope = try place.scope(app)
                print(rotate ? try tokens.rotate(scope) : try tokens.current(of: scope))
            }
        }
    }
}

/// Whose jobs a runner may take, as an operator writes it.
struct RunnerPlace: ParsableArguments {
    @Option(help: "Only for this repository, as owner/name.") var repo: String?
    @Option(help: "Only for repositories of this user.") var owner: String?

    func validate() throws {
        if repo != nil, owner != nil { throw ValidationError("give --repo or --owner, not both") }
    }

    func scope(_ app: App) throws -> RunnerScope {
        if let repo {
            let names = repo.split(separator: "/").map(String.init)
            guard names.count == 2,
                let found = try app.repositories.repository(owner: names[0], name: names[1], seenBy: nil)
            else { throw Failure(.missing, "there is no repository \"\(repo)\"; write it as owner/name") }
            return .repository(found.id)
        }
        guard let owner else { return .everything }
        guard let found = try app.accounts.account(named: owner) else {
            throw Failure(.missing, "there is no user \"\(owner)\"")
        }
        return .owner(found.id)
    }
}
