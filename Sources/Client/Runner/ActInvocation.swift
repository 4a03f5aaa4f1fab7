import Foundation
import RunnerProto

/// The files, arguments and environment of one call of act. All of it below one directory that only its owner can enter.
///
/// Secrets, variables and tokens go by files (mode 0600), never by argv, which every user of the host can read.
/// The files end in `.yml`, so act reads them as YAML; JSON is YAML, and needs no quoting rules of its own for
/// values of several lines.
struct ActInvocation {
    let directory: String
    let task: Runner_V1_Task
    let context: TaskContext
    let workflow: TaskWorkflow
    let settings: EmbeddedRunner.Settings
    let exact = ExactText()

    var resultFile: String { "\(directory)/result.json" }
    /// act's idea of where the sources are. It stays empty: a job's workspace is filled by its checkout step.
    var checkoutDirectory: String { "\(directory)/checkout" }

    /// Where the task's server is, as jobs are told; without a slash at the end.
    var serverURL: String { trimmed(context["server_url"].isEmpty ? settings.server.base : context["server_url"]) }

    /// Where actions named `owner/repo@ref` are (runner.md 3.7).
    var defaultActionsURL: String {
        let names = ["gitea_default_actions_url", "forgejo_default_actions_url"]
        return trimmed(names.map { context[$0] }.first { !$0.isEmpty } ?? "https://github.com")
    }

    private func trimmed(_ address: String) -> String {
        var address = address
        while address.hasSuffix("/") { address.removeLast() }
        return address
    }

    /// What a job sees of this program's environment: enough to find programs, nothing that could be a secret.
    /// HOME is fresh for each job, so that neither `.actrc` nor credentials of the operator take part.
    static func environment(directory: String) -> [String: String] {
        let wanted: Set = ["PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "SHELL", "SSL_CERT_FILE", "SSL_CERT_DIR"]
        let proxies: Set = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
        var environment = ProcessInfo.processInfo.environment.filter {
            wanted.contains($0.key) || proxies.contains($0.key)
        }
        // act gives steps a terminal, at which nobody sits: a push without credentials is to fail, not to ask, and
        // nothing is to be shown page by page.
        environment["GIT_TERMINAL_PROMPT"] = "0"
        environment["PAGER"] = "cat"
        environment["GIT_PAGER"] = "cat"
        environment["HOME"] = "\(directory)/home"
        environment["XDG_CACHE_HOME"] = "\(directory)/cache"
        environment["TMPDIR"] = "\(directory)/tmp"
        return environment
    }

    /// The environment of act itself.
    func actEnvironment() throws -> [String: String] {
        try StepShim.write(
            into: "\(directory)/shims", millrace: settings.program,
            environment: Self.environment(directory: directory), exact: exact)
    }

    /// The directories, which git needs before anything else is written.
    static func makeDirectories(_ directory: String) throws {
        for name in ["home", "cache", "tmp", "checkout"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(name)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        // Without one, act asks on the terminal which image to use.
        try writePrivate(Data(), to: "\(directory)/home/.actrc")
    }

    func writeFiles() throws {
        let text = try workflow.text(
            needs: task.needs, name: context["workflow"], exact: exact, program: settings.program,
            resultFile: resultFile,
            delimiter: "millrace_\(UUID().uuidString)")
        try writePrivate(Data(text.utf8), to: "\(directory)/workflow.yml")
        try writePrivate(Data(exact.guarded(Array(context.eventJSON()))), to: "\(directory)/event.json")
        try writeMap(secrets.mapValues(exact.guarded), "secrets.yml")
        try writeMap(task.vars.mapValues(exact.guarded), "vars.yml")
        try writeMap(jobEnvironment.mapValues(exact.guarded), "env.yml")
        try writeMap([:], "inputs.yml")
    }

    /// - Parameter actions: what ``ActionFetch`` found.
    func arguments(actions: [String]) -> [String] {
        var arguments = [
            context["event_name"].isEmpty ? "push" : context["event_name"],
            "--json", "--workflows", "\(directory)/workflow.yml", "--directory", checkoutDirectory,
            "--job", workflow.reportJob, "--eventpath", "\(directory)/event.json",
            "--secret-file", "\(directory)/secrets.yml", "--var-file", "\(directory)/vars.yml",
            "--env-file", "\(directory)/env.yml", "--input-file", "\(directory)/inputs.yml",
            "--no-cache-server",
            // actions/checkout is ours (CheckoutAction) and does its work, instead of act's copy of a directory.
            "--no-skip-checkout",
            // A value may begin with a dash, so it stays with its option.
            "--actor=\(context["actor"])",
        ]
        for label in Set(workflow.runsOn + settings.labels + [TaskWorkflow.hostLabel]).sorted() {
            arguments.append("--platform=\(label)=-self-hosted")
        }
        for action in actions { arguments += ["--local-repository", action] }
        return arguments
    }

    /// Everything to hide in the log.
    var mask: SecretMask {
        let tokens = ["token", "gitea_runtime_token", "forgejo_runtime_token", "actions_id_token_request_token"]
        return SecretMask(
            Array(task.secrets.values) + tokens.map { context[$0] }
                // As git sends it, and as a checkout keeps it in .git/config.
                + (context["token"].isEmpty ? [] : [GitCommand.credentials(context["token"])]))
    }

    private var secrets: [String: String] {
        var secrets = task.secrets
        // act takes `github.token` from here.
        if secrets["GITHUB_TOKEN"] == nil, !context["token"].isEmpty { secrets["GITHUB_TOKEN"] = context["token"] }
        return secrets
    }

    /// Values of act's `github` context (nektos/act `getGithubContext`) and what actions expect in the environment (runner.md 1.1, 3.7).
    private var jobEnvironment: [String: String] {
        let base = settings.server.base
        let runtimeToken = context["gitea_runtime_token"].isEmpty ? context["token"] : context["gitea_runtime_token"]
        let server = serverURL
        let values = [
            "GITHUB_RUN_ID": context["run_id"], "GITHUB_RUN_NUMBER": context["run_number"],
            "GITHUB_RUN_ATTEMPT": context["run_attempt"], "GITHUB_REPOSITORY": context["repository"],
            "GITHUB_REPOSITORY_OWNER": context["repository_owner"], "GITHUB_REF": context["ref"],
            "SHA_REF": context["sha"],
            "GITHUB_REF_NAME": context["ref_name"], "GITHUB_REF_TYPE": context["ref_type"],
            "GITHUB_HEAD_REF": context["head_ref"], "GITHUB_BASE_REF": context["base_ref"],
            "GITHUB_RETENTION_DAYS": context["retention_days"], "GITHUB_SERVER_URL": server,
            "GITHUB_API_URL": context["api_url"].isEmpty ? "\(server)/api/v1" : context["api_url"],
            "GITEA_ACTIONS": "true", "ACTIONS_RUNTIME_URL": "\(base)/api/actions_pipeline/",
            "ACTIONS_RUNTIME_TOKEN": runtimeToken, "ACTIONS_RESULTS_URL": base,
            "ACTIONS_ID_TOKEN_REQUEST_URL": context["actions_id_token_request_url"],
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": context["actions_id_token_request_token"],
        ]
        return values.filter { !$0.value.isEmpty }
    }

    private func writeMap(_ values: [String: String], _ name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try writePrivate(encoder.encode(values), to: "\(directory)/\(name)")
    }
}
