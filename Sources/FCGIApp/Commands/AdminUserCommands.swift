import ArgumentParser
import Domain
import Foundation
import Postgres
import Server
import Web

/// A password that must not stand in the command line.
struct PasswordOptions: ParsableArguments {
    @Option(help: "Password; other users of this host may see it, prefer --password-file.") var password: String?
    @Option(help: "File that holds the password on its first line.") var passwordFile: String?

    /// - Throws: `.invalid` without one, or with one that is too short or too long.
    func stored() throws -> StoredPassword {
        var secret = password
        if let passwordFile { secret = try String(contentsOfFile: passwordFile, encoding: .utf8).textLines.first }
        guard let secret, (AccountLimits.passwordBytesMin...Password.bytesMax).contains(secret.utf8.count) else {
            throw Failure(
                .invalid,
                "give a password of \(AccountLimits.passwordBytesMin) to \(Password.bytesMax) bytes by --password-file "
                    + "or --password")
        }
        let salt = Token.random(bytes: 16)
        return StoredPassword(hash: try Password.hash(secret, salt: salt), salt: salt)
    }
}

extension App {
    /// The person that an operator names.
    fileprivate func person(_ name: String) throws -> Account {
        guard let account = try accounts.account(named: name), !account.isOrganization else {
            throw Failure(.missing, "there is no user \"\(name)\"; see: millrace admin user list")
        }
        return account
    }
    fileprivate func edit(_ name: String, _ change: (inout AccountEdit) throws -> Void) throws {
        var edit = AccountEdit()
        try change(&edit)
        _ = try accounts.edit(try person(name).id, edit)
    }
}

struct AdminUserListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List users.", discussion: "Example: millrace admin user list --json")
    @OptionGroup var options: ConfigOption
    @Flag(help: "Print one JSON object a user, each on a line.") var json = false

    private struct Line: Encodable {
        let id: Int64
        let name, email: String
        let admin, disabled, must_change_password: Bool
    }

    func run() throws {
        try AdminCommand.guarded(options) { app in
            var offset: Int64 = 0
            while case let part = ListPart(limit: 500, offset: offset, before: nil),
                case let found = try app.accountViews.users(AccountFilter(), part), !found.isEmpty
            {
                for user in found {
                    let isDisabled = user.prohibitsLogin || !user.isActive
                    if json {
                        try sayJSON(
                            Line(
                                id: user.id.number, name: user.name, email: user.email, admin: user.isAdmin,
                                disabled: isDisabled, must_change_password: user.mustChangePassword))
                    } else {
                        let notes = [
                            user.isAdmin ? "administrator" : nil, isDisabled ? "disabled" : nil,
                            user.mustChangePassword ? "must change password" : nil,
                        ].compactMap(\.self)
                        say(([user.name, user.email] + notes).joined(separator: "  "))
                    }
                }
                offset += 500
            }
        }
    }
}

struct AdminUserPasswordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password", abstract: "Set a user's password.",
        discussion: "Example: millrace admin user password --name ann --password-file pw --must-change")
    @OptionGroup var options: ConfigOption
    @OptionGroup var password: PasswordOptions
    @Option(help: "Login name.") var name: String
    @Flag(help: "The user is refused everything but a change of it.") var mustChange = false

    func run() throws {
        try AdminCommand.guarded(options) { app in
            try app.edit(name) {
                $0.password = try password.stored()
                $0.mustChangePassword = mustChange
            }
            say("set the password of \(name)")
        }
    }
}

struct AdminUserDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Refuse every credential of a user from now on.",
        discussion: "Example: millrace admin user disable --name ann")
    @OptionGroup var options: ConfigOption
    @Option(help: "Login name.") var name: String

    func run() throws {
        try AdminCommand.guarded(options) { app in
            try app.edit(name) { $0.prohibitsLogin = true }
            say("disabled \(name)")
        }
    }
}

struct AdminUserEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let a disabled user in again.",
        discussion: "Example: millrace admin user enable --name ann")
    @OptionGroup var options: ConfigOption
    @Option(help: "Login name.") var name: String

    func run() throws {
        try AdminCommand.guarded(options) { app in
            try app.edit(name) {
                $0.prohibitsLogin = false
                $0.isActive = true
            }
            say("enabled \(name)")
        }
    }
}

struct AdminUserAdminCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Make a user an administrator of the site, or one no longer.",
        discussion: "Example: millrace admin user admin --name ann --revoke")
    @OptionGroup var options: ConfigOption
    @Option(help: "Login name.") var name: String
    @Flag(help: "An administrator no longer.") var revoke = false

    func run() throws {
        try AdminCommand.guarded(options) { app in
            try app.edit(name) { $0.isAdmin = !revoke }
            say(revoke ? "\(name) is no administrator" : "\(name) is an administrator")
        }
    }
}

struct AdminUserTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make an access token of a user and print it: it is shown this once.",
        discussion: "Example: millrace admin user token --name ann --token-name ci --scope write:repository")
    @OptionGroup var options: ConfigOption
    @Option(help: "Login name.") var name: String
    @Option(help: "Name of the token.") var tokenName = "admin"
    @Option(help: "What it is for, such as read:repository; may be repeated (default: all).") var scope: [String] = []

    func run() throws {
        try AdminCommand.guarded(options) { app in
            let account = try app.person(name)
            let scopes: TokenScopes
            do { scopes = try scope.isEmpty ? .all : TokenScopes(scope) } catch { throw Failure(.invalid, "\(error)") }
            guard !scopes.isEmpty else { throw Failure(.invalid, "a token of scopes \(scope) could do nothing") }
            let token = Token.make()
            do {
                try app.accessTokens.add(
                    to: account.id, name: tokenName, hash: Token.hash(token), lastEight: String(token.suffix(8)),
                    scopes: scopes)
            } catch let error as PostgresError where error.isUniqueViolation {
                throw Failure(.conflict, "\(name) has a token \"\(tokenName)\"; name this one by --token-name")
            }
            say(token)
        }
    }
}

struct AdminUserDeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a user.",
        discussion: "Example: millrace admin user delete --name ann --purge")
    @OptionGroup var options: ConfigOption
    @Option(help: "Login name.") var name: String
    @Flag(help: "With all repositories, and organizations that are theirs alone.") var purge = false

    func run() throws {
        try AdminCommand.guarded(options) { app in
            try AccountRemoval(app: app).remove(try app.person(name), purge: purge)
            say("deleted \(name)")
        }
    }
}
