import ArgumentParser
import Client
import Foundation
import Postgres
import Server

@main
struct Millrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "Serve CI that Gitea and Forgejo runners understand.",
        discussion: "Example: millrace serve --config /etc/millrace/millrace.yaml --instance 1",
        version: HealthRoutes.apiVersion,
        subcommands: [
            ServeCommand.self, CheckConfigCommand.self, MigrateCommand.self, AdminCommand.self, VerifyCommand.self,
            WhyCommand.self,
            GitHookCommand.self, RunnerCommand.self, ArtifactsCommand.self, ScrubCommand.self, DoctorCommand.self,
            ExecStepCommand.self, WorkflowCommand.self, ActionsCommand.self, SecretsCommand.self, LoginCommand.self,
            RunsCommand.self,
            JobsCommand.self, LogsCommand.self, DispatchCommand.self, RerunCommand.self, CancelCommand.self,
            WorkflowsCommand.self, VariablesCommand.self, RunnersCommand.self, TokensCommand.self,
        ])

    /// As ArgumentParser's own, but wrong usage is 2, as everywhere else, and not sysexits' 64 (STYLE section 5).
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            complain(fullMessage(for: error))
            Foundation.exit(2)
        }
    }
}

struct ConfigOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file.")
    var config = "/etc/millrace/millrace.yaml"

    func load() throws -> Configuration {
        // Repositories, logs and artifacts are for this user and its group alone: the command works on a server's files.
        umask(umask(0o027) | 0o027)
        do { return try Configuration.load(config) } catch { throw CleanExit.problem("\(error)") }
    }
}

extension CleanExit {
    /// The exit status of a failed command, its words on stderr: 3 when PostgreSQL could not be reached, else 1 (STYLE 5).
    static func status(of error: any Error) -> ExitCode {
        if let exit = error as? ExitCode { return exit }
        let status = problem("\(error)")
        return (error as? PostgresError)?.isUnavailable == true ? ExitCode(3) : status
    }

    /// Says what is wrong on stderr and exits with 1.
    static func problem(_ text: String) -> ExitCode {
        complain("millrace: \(text)")
        return ExitCode(1)
    }
}
