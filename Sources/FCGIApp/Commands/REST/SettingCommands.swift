import ArgumentParser
import Client
import Domain
import Foundation

struct VariablesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "variables", abstract: "List, show, set and remove variables of workflows.",
        subcommands: [List.self, Show.self, Put.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List variables.", discussion: "Example: millrace variables list --repo ann/app")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions

        func run() async throws {
            try await asking {
                let rows = try await options.server().list(
                    try level.path() + "/actions/variables", key: nil, limit: 10_000, "list variables")
                try options.show(rows, [("NAME", "name"), ("VALUE", "data"), ("DESCRIPTION", "description")])
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the value of a variable.",
            discussion: "Example: millrace variables show REGION --org guild")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await asking {
                let found = try await options.server().object(
                    "GET", try level.path() + "/actions/variables/\(percentEncoded(name))", "show variable \(name)")
                if options.json { try options.show(found, []) } else { say(found.text("data")) }
            }
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Make or change a variable.",
            discussion: "Example: millrace variables set REGION eu-1 --repo ann/app")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its name.") var name: String
        @Argument(help: "Its value (default: standard input, or --file).") var value: String?
        @Option(help: "File that holds the value.") var file: String?
        @Option(help: "What it is for.") var description = ""

        func run() async throws {
            try await asking {
                let body = RESTValue.object([
                    "value": .string(try value ?? givenText(file: file)), "description": .string(description),
                ])
                let path = try level.path() + "/actions/variables/\(percentEncoded(name))"
                let server = try options.server()
                do { try await server.ask("PUT", path, body: body, "set variable \(name)") } catch ClientProblem.missing
                {
                    try await server.ask("POST", path, body: body, "set variable \(name)")
                }
                try options.done("set variable \(name)", ["name": .string(name)])
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a variable.",
            discussion: "Example: millrace variables rm REGION --repo ann/app")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await asking {
                try await options.server().ask(
                    "DELETE", try level.path() + "/actions/variables/\(percentEncoded(name))", "remove variable \(name)"
                )
                try options.done("removed variable \(name)", ["name": .string(name)])
            }
        }
    }
}

extension SecretsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List names of secrets; nobody reads their values again.",
            discussion: "Example: millrace secrets list --repo ann/app")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions

        func run() async throws {
            try await asking {
                let rows = try await options.server().list(
                    try level.path() + "/actions/secrets", key: nil, limit: 10_000, "list secrets")
                try options.show(rows, [("NAME", "name"), ("CREATED", "created_at"), ("DESCRIPTION", "description")])
            }
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Make or replace a secret; its value is read from standard input.",
            discussion: "Example: millrace secrets set DEPLOY_KEY --repo ann/app < key.pem")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "File that holds the value.") var file: String?
        @Option(help: "What it is for.") var description = ""

        func run() async throws {
            try await asking {
                let path = try level.path() + "/actions/secrets/\(percentEncoded(name))"
                let body = RESTValue.object([
                    "data": .string(try givenText(file: file)), "description": .string(description),
                ])
                try await options.server().ask("PUT", path, body: body, "set secret \(name)")
                try options.done("set secret \(name)", ["name": .string(name)])
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a secret.",
            discussion: "Example: millrace secrets rm DEPLOY_KEY --repo ann/app")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await asking {
                try await options.server().ask(
                    "DELETE", try level.path() + "/actions/secrets/\(percentEncoded(name))", "remove secret \(name)")
                try options.done("removed secret \(name)", ["name": .string(name)])
            }
        }
    }
}

struct RunnersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runners", abstract: "List runners, say why one is idle, disable and remove them.",
        subcommands: [List.self, Why.self, Enable.self, Disable.self, Remove.self, RegistrationToken.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List runners, last seen first.", discussion: "Example: millrace runners list --org guild")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions

        func run() async throws {
            try await asking {
                let rows = try await options.server().list(
                    try level.path() + "/actions/runners", key: "runners", limit: 10_000, "list runners")
                try options.show(
                    rows,
                    [
                        ("ID", "id"), ("STATUS", "status"), ("BUSY", "busy"), ("DISABLED", "disabled"),
                        ("EPHEMERAL", "ephemeral"), ("LABELS", "labels"), ("NAME", "name"),
                    ])
            }
        }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a runner is idle, or what it does.",
            discussion: "Example: millrace runners why 3 --admin")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its id.") var id: Int64

        func run() async throws {
            try await asking {
                let why = try await options.server().object(
                    "GET", try level.path() + "/actions/runners/\(id)/why", "ask about runner \(id)")
                try options.show(why, [("why", "message")])
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a runner jobs again.", discussion: "Example: millrace runners enable 3 --admin")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its id.") var id: Int64
        func run() async throws { try await setDisabled(false, id, options, level) }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a runner no more jobs; it keeps its registration.",
            discussion: "Example: millrace runners disable 3 --admin")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its id.") var id: Int64
        func run() async throws { try await setDisabled(true, id, options, level) }
    }

    private static func setDisabled(
        _ isDisabled: Bool, _ id: Int64, _ options: RESTOptions, _ level: LevelOptions
    ) async throws {
        try await asking {
            let after = try await options.server().object(
                "PATCH", try level.path() + "/actions/runners/\(id)", body: .object(["disabled": .bool(isDisabled)]),
                "\(isDisabled ? "disable" : "enable") runner \(id)")
            try options.show(after, [("runner", "id"), ("name", "name"), ("disabled", "disabled")])
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a runner.", discussion: "Example: millrace runners rm 3 --admin")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions
        @Argument(help: "Its id.") var id: Int64

        func run() async throws {
            try await asking {
                try await options.server().ask(
                    "DELETE", try level.path() + "/actions/runners/\(id)", "remove runner \(id)")
                try options.done("removed runner \(id)", ["id": .integer(id)])
            }
        }
    }

    struct RegistrationToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Print the token that runners register with.",
            discussion: "Example: millrace runners token --repo ann/app")
        @OptionGroup var options: RESTOptions
        @OptionGroup var level: LevelOptions

        func run() async throws {
            try await asking {
                let found = try await options.server().object(
                    "POST", try level.path() + "/actions/runners/registration-token", "show the registration token")
                if options.json { try options.show(found, []) } else { say(found.text("token")) }
            }
        }
    }
}

struct TokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "List, make and remove one's access tokens.",
        subcommands: [List.self, Create.self, Remove.self])

    /// Tokens are looked after by Basic alone: with the token of the login in place of the password.
    struct Owner: ParsableArguments {
        @Option(help: "Whose tokens (default: of who is logged in).") var user: String?

        func server(_ options: RESTOptions) async throws -> (RESTServer, path: String) {
            let server = try options.server()
            let name: String
            if let user {
                name = user
            } else {
                name = try await server.object("GET", "/user", "ask who calls").text("login")
            }
            return (server.byBasic(name), "/users/\(percentEncoded(name))/tokens")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List access tokens, without the tokens themselves.", discussion: "Example: millrace tokens list")
        @OptionGroup var options: RESTOptions
        @OptionGroup var owner: Owner

        func run() async throws {
            try await asking {
                let (server, path) = try await owner.server(options)
                let rows = try await server.list(path, key: nil, limit: 10_000, "list tokens")
                try options.show(
                    rows,
                    [
                        ("ID", "id"), ("ENDS WITH", "token_last_eight"), ("SCOPES", "scopes"),
                        ("LAST USED", "last_used_at"),
                        ("EXPIRES", "expires_at"), ("NAME", "name"),
                    ])
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an access token and print it: it is shown this once.",
            discussion: "Example: millrace tokens create deploy --scope write:repository")
        @OptionGroup var options: RESTOptions
        @OptionGroup var owner: Owner
        @Argument(help: "Its name.") var name: String
        @Option(name: .customLong("scope"), help: "What it is for, such as read:repository; may be repeated.")
        var scopes: [String]
        @Option(help: "When it ends, such as 2030-01-01T00:00:00Z.") var expires: String?

        func run() async throws {
            try await asking {
                let (server, path) = try await owner.server(options)
                var body: [String: RESTValue] = [
                    "name": .string(name), "scopes": .array(scopes.map(RESTValue.string)),
                ]
                body["expires_at"] = expires.map(RESTValue.string)
                let made = try await server.object("POST", path, body: .object(body), "make token \(name)")
                if options.json { try options.show(made, []) } else { say(made.text("sha1")) }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove an access token.", discussion: "Example: millrace tokens rm deploy")
        @OptionGroup var options: RESTOptions
        @OptionGroup var owner: Owner
        @Argument(help: "Its name or id.") var name: String

        func run() async throws {
            try await asking {
                let (server, path) = try await owner.server(options)
                try await server.ask("DELETE", path + "/\(percentEncoded(name))", "remove token \(name)")
                try options.done("removed token \(name)", ["name": .string(name)])
            }
        }
    }
}
