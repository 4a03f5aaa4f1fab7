import Foundation

/// git as the runner calls it: bounded in time, ended by a cancel of the job, with credentials in its environment alone.
struct GitCommand: Sendable {
    let directory: String
    let environment: [String: String]
    let cancel: JobCancel

    /// - Parameters:
    ///   - address: below it git sends `token`; in git's environment, so neither in argv nor in a file.
    init(
        in directory: String, environment: [String: String], sending token: String, to address: String,
        cancel: JobCancel
    ) {
        var environment = environment
        if !token.isEmpty {
            environment["GIT_CONFIG_COUNT"] = "1"
            environment["GIT_CONFIG_KEY_0"] = "http.\(address)/.extraHeader"
            environment["GIT_CONFIG_VALUE_0"] = "Authorization: Basic \(Self.credentials(token))"
        }
        environment["GIT_TERMINAL_PROMPT"] = "0"
        self.directory = directory
        self.environment = environment
        self.cancel = cancel
    }

    /// A job's token as Basic credentials; any user name does.
    static func credentials(_ token: String) -> String { Data("x-access-token:\(token)".utf8).base64EncodedString() }

    /// - Returns: git's words if it failed, nil if it succeeded.
    package func run(_ arguments: String...) async -> String? {
        guard cancel.reason == nil else { return "cancelled" }
        var words: [String] = []
        var status: Int32 = 255
        do {
            let child = try ChildProcess(
                "git", arguments, environment: environment, directory: directory,
                trackingID: "millrace_git_\(UUID().uuidString)")
            cancel.attach(child)
            let alarm = Task {
                try await Task.sleep(for: EmbeddedRunnerLimits.fetchingTimeout)
                child.killAll()
            }
            for await output in child.output {
                switch output {
                case .line(let line): if words.count < EmbeddedRunnerLimits.complaintLinesMax { words.append(line) }
                case .exited(let code): status = code
                }
            }
            alarm.cancel()
            cancel.attach(nil)
        } catch {
            return String(describing: error)
        }
        return status == 0
            ? nil
            : (words + ["git \(arguments.first ?? "") ended with status \(status)"]).joined(separator: "\n")
    }

    /// Fetches one branch, tag or commit into the existing empty directory and checks it out, without history.
    func take(_ ref: String, from address: String) async -> String? {
        if let failure = await run("init", "--quiet") { return failure }
        if let failure = await run("fetch", "--quiet", "--no-tags", "--depth=1", "--", address, ref) { return failure }
        return await run("-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", "FETCH_HEAD")
    }
}
