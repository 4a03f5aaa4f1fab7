import Foundation

/// The repository of a task on disk, at the task's commit.
struct Checkout {
    let address: String
    let commit: String
    let ref: String
    /// The job token, sent as Basic password. In git's environment, so neither in argv nor in `.git/config`.
    let token: String

    /// What the task's context asks for; nil if it names no repository.
    init?(_ context: TaskContext, fallback: ServerAddress) {
        guard !context["repository"].isEmpty, !context["sha"].isEmpty else { return nil }
        let server = ServerAddress(context["server_url"]) ?? fallback
        address = "\(server.base)/\(context["repository"]).git"
        commit = context["sha"]
        ref = context["ref"]
        token = context["token"]
    }

    /// Fetches into an existing empty directory.
    ///
    /// - Returns: git's words if it failed, nil if the commit is checked out.
    func run(into directory: String, environment: [String: String], cancel: JobCancel) async -> String? {
        var environment = environment
        let credentials = Data("millrace:\(token)".utf8).base64EncodedString()
        environment["GIT_CONFIG_COUNT"] = "1"
        environment["GIT_CONFIG_KEY_0"] = "http.\(address).extraHeader"
        environment["GIT_CONFIG_VALUE_0"] = "Authorization: Basic \(credentials)"
        environment["GIT_TERMINAL_PROMPT"] = "0"

        func git(_ arguments: String...) async -> String? {
            await runGit(arguments, directory, environment, cancel)
        }
        if let failure = await git("init", "--quiet") { return failure }
        if let failure = await git("remote", "add", "origin", address) { return failure }
        if await git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", commit) != nil {
            // A server may refuse a bare commit id (uploadpack.allowReachableSHA1InWant): take the ref's history.
            let source = ref.isEmpty ? "+refs/heads/*:refs/remotes/origin/*" : ref
            if let failure = await git("fetch", "--quiet", "--no-tags", "origin", source) { return failure }
        }
        return await git("-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", commit)
    }

    private func runGit(
        _ arguments: [String], _ directory: String, _ environment: [String: String], _ cancel: JobCancel
    ) async -> String? {
        guard cancel.reason == nil else { return "cancelled" }
        var words: [String] = []
        var status: Int32 = 255
        do {
            let child = try ChildProcess(
                "git", arguments, environment: environment, directory: directory,
                trackingID: "millrace_git_\(UUID().uuidString)")
            cancel.attach(child)
            let alarm = Task {
                try await Task.sleep(for: EmbeddedRunnerLimits.checkoutTimeout)
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
            : (words + ["git \(arguments.joined(separator: " ")) ended with status \(status)"]).joined(separator: "\n")
    }
}
