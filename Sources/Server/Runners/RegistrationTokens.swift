import Domain
import Foundation
import Postgres
import Web

/// Tokens in clear, as people and runners know them; the store has hashes and sealed forms (docs/adr/0011).
package struct RegistrationTokens {
    let app: App

    package init(app: App) {
        self.app = app
    }

    /// The scope's token, made when it has none.
    package func current(of scope: RunnerScope) throws -> String {
        // Read before the transaction that may make a token.
        let seal = try app.keys.seal
        let sealed = try app.registrationTokens.current(of: scope) { try fresh(Token.make(), for: scope) }
        return String(decoding: try seal.open(sealed, at: place(of: scope)), as: UTF8.self)
    }

    /// A new token; those before it are refused from now on.
    package func rotate(_ scope: RunnerScope) throws -> String {
        let token = Token.make()
        try app.registrationTokens.rotate(scope, to: try fresh(token, for: scope))
        return token
    }

    /// The token that the operator put into the environment or a file (runner.md 6.1).
    ///
    /// - Throws: when it must not be used; `serve` then does not start.
    package func bootstrap(environment: [String: String]) throws {
        guard let source = try PresetRegistration.source(environment) else { return }
        var token = source.value
        if source.variable.hasSuffix("_FILE") {
            do {
                token = try String(contentsOfFile: source.value, encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw Failure(
                    .invalid, "could not read the registration token's file \"\(source.value)\" (\(source.variable))")
            }
        }
        try PresetRegistration.check(token, of: source.variable)
        switch try app.registrationTokens.bootstrap(try fresh(token, for: .everything)) {
        case .nothing: break
        case .install: app.log.info("registration token installed", metadata: ["variable": "\(source.variable)"])
        case .wasRotated:
            app.log.warning(
                "registration token of the environment was rotated away and stays so",
                metadata: ["variable": "\(source.variable)"])
        case .isOfAnotherScope:
            app.log.warning(
                "registration token of the environment belongs to an owner or repository and stays there",
                metadata: ["variable": "\(source.variable)"])
        }
    }

    private func fresh(_ token: String, for scope: RunnerScope) throws -> FreshRegistrationToken {
        FreshRegistrationToken(
            hash: Token.hash(token), sealed: try app.keys.seal.close(Array(token.utf8), at: place(of: scope)))
    }

    private func place(of scope: RunnerScope) -> String { "registration_token " + scope.text }
}
