import ArgumentParser
import Client
import Domain
import Foundation
import Postgres
import Server
import Web

struct AdminRunnerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runner", abstract: "Let runners register, and look after them.",
        subcommands: [RegistrationToken.self, Create.self, List.self, Disable.self, Enable.self, Remove.self])

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
                let scope = try place.scope(app) ?? .everything
                say(rotate ? try tokens.rotate(scope) : try tokens.current(of: scope))
            }
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a runner whose secret you made, and print its UUID.",
            discussion: """
                Example: openssl rand -hex 20 > secret; millrace admin runner create --secret-file secret --name build-1 --labels linux
                The same secret in forgejo-runner create-runner-file, or UUID and secret in any other runner, is its identity.
                Repeating it gives the runner the new name and labels.
                """)
        @OptionGroup var options: ConfigOption
        @OptionGroup var place: RunnerPlace
        @Option(help: "File that holds the secret, 40 hexadecimal digits.") var secretFile: String
        @Option(help: "The runner's name, 1 to 255 bytes.") var name: String
        @Option(help: "Its labels, with commas between; the runner's own Declare replaces them.") var labels: String

        func run() throws {
            try AdminCommand.guarded(options) { app in
                guard let text = try? String(contentsOfFile: secretFile, encoding: .utf8) else {
                    throw Failure(.invalid, "could not read the secret's file \"\(secretFile)\"")
                }
                let identity = try PresetRunner(secret: text.trimmingCharacters(in: .whitespacesAndNewlines))
                guard !name.isEmpty, name.utf8.count <= RunnerLimits.nameBytesMax else {
                    throw Failure(
                        .invalid, "the name has \(name.utf8.count) bytes; it must be 1 to \(RunnerLimits.nameBytesMax)")
                }
                let labels = try checkedLabels(
                    labels.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
                let outcome = try app.runners.keepPreset(
                    identity, tokenHash: Token.hash(identity.token), name: name, labels: labels,
                    scope: try place.scope(app) ?? .everything)
                switch outcome {
                case .kept(let runner): say(runner.uuid)
                case .isElsewhere(let runner):
                    throw Failure(
                        .conflict,
                        "runner \(runner.id) \"\(runner.name)\" has this secret and belongs to other repositories; remove it first: millrace admin runner remove \(runner.id)"
                    )
                case .isTaken(let runner):
                    throw Failure(
                        .conflict,
                        "runner \(runner.id) \"\(runner.name)\" has the UUID \(identity.uuid) and another secret; choose a secret that begins differently"
                    )
                }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List runners and what they do, all or those registered for one place.",
            discussion: "Example: millrace admin runner list --repo ann/app")
        @OptionGroup var options: ConfigOption
        @OptionGroup var place: RunnerPlace
        @Flag(help: "Print one JSON object for each runner, on lines of their own.") var json = false

        func run() throws {
            try AdminCommand.guarded(options) { app in
                let listing = try place.scope(app).map(RunnerListing.exactly) ?? .all
                var page = 0
                while true {
                    let runners = try app.runnerViews.runners(
                        listing, isDisabled: nil,
                        ListPart(limit: Int64(Self.pageMax), offset: Int64(page * Self.pageMax)))
                    let reasons = try app.waits.why(runners: runners.map(\.id))
                    for runner in runners { say(try line(runner, why: reasons[runner.id])) }
                    guard runners.count == Self.pageMax else { return }
                    page += 1
                }
            }
        }

        private static let pageMax = 500

        private func line(_ runner: RunnerView, why: Reason?) throws -> String {
            guard !json else {
                return harmlessJSON(String(decoding: try jsonText(RunnerAnswer(runner)), as: UTF8.self))
            }
            let place = runner.place.isEmpty ? "all repositories" : runner.place
            let state = runner.isDisabled ? runner.reachable + ", disabled" : runner.reachable
            return [
                "\(runner.id)", runner.name, state, place, runner.labels.joined(separator: ","), why?.words ?? "",
            ].map(harmlessField).joined(separator: "\t")
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a runner no new jobs; those it has go on.",
            discussion: "Example: millrace admin runner disable 3")
        @OptionGroup var options: ConfigOption
        @Argument(help: "The runner's id.") var runner: Int64

        func run() throws { try AdminRunnerCommand.setDisabled(true, runner, options) }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a disabled runner jobs again.", discussion: "Example: millrace admin runner enable 3")
        @OptionGroup var options: ConfigOption
        @Argument(help: "The runner's id.") var runner: Int64

        func run() throws { try AdminRunnerCommand.setDisabled(false, runner, options) }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a runner; the jobs it has fail.", discussion: "Example: millrace admin runner remove 3")
        @OptionGroup var options: ConfigOption
        @Argument(help: "The runner's id.") var runner: Int64

        func run() throws {
            try AdminCommand.guarded(options) { app in
                guard try app.runners.remove(RunnerID(runner), in: .all, by: nil) else { throw missing(runner) }
            }
        }
    }

    private static func setDisabled(_ isDisabled: Bool, _ runner: Int64, _ options: ConfigOption) throws {
        try AdminCommand.guarded(options) { app in
            guard try app.runners.setDisabled(isDisabled, RunnerID(runner), in: .all, by: nil) else {
                throw missing(runner)
            }
        }
    }

    private static func missing(_ runner: Int64) -> Failure {
        Failure(.missing, "there is no runner \(runner); see: millrace admin runner list")
    }
}

/// Whose jobs a runner may take, as an operator writes it.
struct RunnerPlace: ParsableArguments {
    @Option(help: "Only for this repository, as owner/name.") var repo: String?
    @Option(help: "Only for repositories of this user.") var owner: String?

    func validate() throws {
        if repo != nil, owner != nil { throw ValidationError("give --repo or --owner, not both") }
    }

    /// Nil when neither is given.
    func scope(_ app: App) throws -> RunnerScope? {
        if let repo { return .repository(try app.repository(written: repo).id) }
        guard let owner else { return nil }
        guard let found = try app.accounts.account(named: owner) else {
            throw Failure(.missing, "there is no user \"\(owner)\"")
        }
        return .owner(found.id)
    }
}
