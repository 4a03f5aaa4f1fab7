import ArgumentParser
import Client
import Domain
import Foundation

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Remember a server and a token for other commands.",
        discussion: """
            The token, or with --user the password, is read from standard input. It is kept in a file of mode 0600:
            $XDG_CONFIG_HOME/millrace/logins.json or ~/.config/millrace/logins.json.
            Example: echo "$TOKEN" | millrace login https://ci.example.org
            """)
    @Argument(help: "Address of the server.") var url: String
    @Option(help: "Make a token with this user's password, rather than give one.") var user: String?
    @Option(name: .customLong("scope"), help: "Scopes of that token; may be repeated.") var scopes: [String] = [
        "write:repository", "write:user", "write:organization",
    ]
    @Option(help: "File that holds the token or password.") var file: String?
    @Flag(help: "Forget the server.") var forget = false

    func run() async throws {
        try await asking {
            guard let address = ServerAddress(url) else {
                throw ClientProblem.usage("address \"\(url)\" is not an http or https URL")
            }
            let path = try Logins.path(ProcessInfo.processInfo.environment)
            var logins = try Logins.load(path)
            if forget {
                logins.servers[address.base] = nil
                if logins.current == address.base { logins.current = logins.servers.keys.min() }
                try logins.save(path)
                return say("forgot \(address.base)")
            }
            let secret = try givenText(file: file)
            guard !secret.isEmpty, !secret.utf8.contains(10) else {
                throw ClientProblem.usage(
                    "give a token, or with --user a password, as one line of standard input or by --file")
            }
            var token = secret
            if let user { token = try await makeToken(user, secret, address) }
            let server = RESTServer(address, token: token)
            let name: String
            do {
                name = try await server.object("GET", "/user", "log in").text("login")
            } catch ClientProblem.refused(let words) where words.contains("HTTP 403") && words.contains("scope") {
                // A token that may not say whose it is.
                name = "-"
            }
            logins.servers[address.base] = Logins.Login(user: name, token: token)
            logins.current = address.base
            try logins.save(path)
            say("logged in to \(address.base) as \(name)")
        }
    }

    private func makeToken(_ user: String, _ password: String, _ address: ServerAddress) async throws -> String {
        let server = RESTServer(address, user: user, password: password)
        let host = ProcessInfo.processInfo.hostName
        let made = try await server.object(
            "POST", "/users/\(percentEncoded(user))/tokens",
            body: .object([
                "name": .string("millrace login on \(host), \(UUID().uuidString.prefix(8).lowercased())"),
                "scopes": .array(scopes.map(RESTValue.string)),
            ]), "make a token of \(user)")
        return made.text("sha1")
    }
}
