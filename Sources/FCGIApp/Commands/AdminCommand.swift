import ArgumentParser
import Domain
import Foundation
import Postgres
import Server
import Web

struct AdminCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Make users and repositories, look after runners.",
        subcommands: [User.self, Repo.self, AdminRunnerCommand.self, AdminOIDCCommand.self, AdminURLKeyCommand.self])

    struct User: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "user", abstract: "Make users and look after them.",
            subcommands: [
                Create.self, AdminUserListCommand.self, AdminUserPasswordCommand.self, AdminUserTokenCommand.self,
                AdminUserAdminCommand.self, AdminUserDisableCommand.self, AdminUserEnableCommand.self,
                AdminUserDeleteCommand.self, AdminUserArtifactsCommand.self,
            ])

        struct Create: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make a user.",
                discussion: "Example: millrace admin user create --name ann --password-file pw --access-token")
            @OptionGroup var options: ConfigOption
            @Option(help: "Login name, 1 to 40 of letters, digits, . _ -") var name: String
            @OptionGroup var password: PasswordOptions
            @Option(help: "Mail address.") var email = ""
            @Flag(help: "May do everything.") var admin = false
            @Flag(help: "The user is refused everything but a change of the password.") var mustChangePassword = false
            @Flag(help: "Print an access token, alone on a line. It is shown this once.") var accessToken = false

            func run() throws {
                try AdminCommand.guarded(options) { app in
                    let stored = try password.stored()
                    if let why = whyReserved(account: name) {
                        throw Failure(.invalid, "nobody can be called \"\(name)\": \(why)")
                    }
                    let account: AccountID
                    do {
                        account = try app.accounts.create(
                            name: name, email: email, isAdmin: admin,
                            password: stored, mustChangePassword: mustChangePassword
                        ).id
                    } catch let error as PostgresError where error.isUniqueViolation {
                        throw Failure(.conflict, "user \"\(name)\" exists already")
                    } catch let error as PostgresError where error.sqlState == "23514" {
                        throw Failure(.invalid, "user name \"\(name)\" must be 1 to 40 of letters, digits, . _ -")
                    }
                    guard accessToken else { return }
                    let token = Token.make()
                    try app.accessTokens.add(
                        to: account, name: "admin", hash: Token.hash(token), lastEight: String(token.suffix(8)))
                    say(token)
                }
            }
        }
    }

    struct Repo: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "repo", abstract: "Make repositories.",
            subcommands: [Create.self, AdminRepoArtifactsCommand.self])

        struct Create: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make an empty repository and print its clone address.",
                discussion: "Example: millrace admin repo create --owner ann --name app --private")
            @OptionGroup var options: ConfigOption
            @Option(help: "The owner's login name.") var owner: String
            @Option(help: "1 to 100 of letters, digits, . _ -") var name: String
            @Flag(help: "Invisible to everybody who has no access.") var `private` = false

            func run() throws {
                try AdminCommand.guarded(options) { app in
                    guard let account = try app.accounts.account(named: owner) else {
                        throw Failure(
                            .missing, "there is no user \"\(owner)\"; make it with: millrace admin user create")
                    }
                    if let why = whyNoRepositoryName(name) {
                        throw Failure(.invalid, "no repository can be called \"\(name)\": \(why)")
                    }
                    var fresh = RepositoryStore.Fresh(owner: account.id, name: name)
                    fresh.isPrivate = `private`
                    do {
                        _ = try RepositoryCreation(app: app).create(fresh, ownerName: account.name, author: nil)
                    } catch let failure as Failure where failure.kind == .conflict {
                        throw Failure(.conflict, "repository \"\(owner)/\(name)\" exists already")
                    }
                    say("\(app.configuration.publicURL)/\(account.name)/\(name).git")
                }
            }
        }
    }

    static func guarded(_ options: ConfigOption, _ body: (App) throws -> Void) throws {
        do {
            try body(try App(configuration: try options.load(), instance: "cli"))
        } catch {
            throw CleanExit.status(of: error)
        }
    }
}

extension App {
    /// The repository that an operator names as owner/name.
    func repository(written text: String) throws -> Repository {
        let names = text.split(byte: "/")
        guard names.count == 2,
            let found = try repositories.repository(owner: names[0], name: names[1], seenBy: nil)
        else { throw Failure(.missing, "there is no repository \"\(text)\"; write it as owner/name") }
        return found
    }
}
