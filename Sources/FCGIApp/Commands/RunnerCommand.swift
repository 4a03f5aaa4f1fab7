import ArgumentParser
import Client
import Foundation
import Glibc
import Server

/// `millrace runner`: takes jobs from a server and runs them on this host by `act`.
struct RunnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runner",
        abstract: "Run jobs of a server on this host, by nektos act.",
        discussion: """
            Steps run as the user that started this command, without a container: only for repositories you trust.
            Example: millrace runner --url http://127.0.0.1:3000 --token REGISTRATION_TOKEN --labels ubuntu-latest
            """)

    @Option(help: "Address of the server, with its sub-path if it has one.")
    var url: String

    @Option(help: "Registration token; needed only while the state file has no identity.")
    var token: String = ""

    @Option(help: "Name shown in the server's list of runners (default: this host's name).")
    var name: String?

    @Option(help: "Labels this runner answers to, separated by commas.")
    var labels: String = "ubuntu-latest,self-hosted"

    @Option(help: "Jobs run at the same time, 1 to 64.")
    var capacity: Int = 1

    @Flag(help: "Run one job, then exit.")
    var once = false

    @Flag(help: "Register for one job only; the server removes the runner afterwards. Implies --once.")
    var ephemeral = false

    @Option(help: "File that keeps this runner's identity (mode 0600).")
    var stateFile: String = ".runner.json"

    @Option(
        help: "Directory for the files of running jobs; each job removes its own (default: the temporary directory).")
    var workDir: String?

    @Option(help: "The act program (default: act on PATH).")
    var act: String?

    @Flag(help: "Run jobs that ask for services without them, with a warning; by default such a job fails.")
    var leaveOutServices = false

    func run() async throws {
        guard let base = ServerAddress(url) else {
            throw ValidationError("address \"\(url)\" is not an http or https URL")
        }
        guard (1...64).contains(capacity) else { throw ValidationError("capacity \(capacity) is not 1 to 64") }
        let names = labels.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard !names.isEmpty else { throw ValidationError("--labels has no label; name at least one") }
        guard let program = findProgram(act ?? "act") else {
            throw ValidationError("program \"\(act ?? "act")\" does not exist or cannot be run; give its path by --act")
        }
        let runner = EmbeddedRunner(
            settings: EmbeddedRunner.Settings(
                server: base, registrationToken: token, name: name ?? ProcessInfo.processInfo.hostName, labels: names,
                capacity: capacity, once: once || ephemeral, ephemeral: ephemeral, stateFile: absolutePath(stateFile),
                workDirectory: absolutePath(workDir ?? NSTemporaryDirectory()), act: program,
                program: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
                leavesOutServices: leaveOutServices),
            log: JSONLogHandler.logger(instance: "runner"))
        do {
            try await runner.run()
        } catch let error as EmbeddedRunner.Stop {
            complain("millrace runner: \(error.message)")
            throw ExitCode(error.exitCode)
        }
    }
}

private func absolutePath(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
}

/// The absolute path of a program: as given when it has a slash, else the first match on PATH.
private func findProgram(_ name: String) -> String? {
    let candidates =
        name.contains("/")
        ? [absolutePath(name)]
        : (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(name)" }
    return candidates.first { access($0, X_OK) == 0 }
}
