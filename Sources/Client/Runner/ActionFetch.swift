import Foundation
import Yams

/// Fetches the published actions of a job, and those that they use, before act starts.
///
/// act would ask its own server for them, with the job's token. The task's context names the address to ask instead
/// (`gitea_default_actions_url`), and a `uses` may name one of its own.
struct ActionFetch {
    let invocation: ActInvocation
    let cancel: JobCancel

    struct Found {
        /// What `--local-repository` of act is to be told.
        var sources: [String] = []
        /// What could not be had, in words for the job's log.
        var problems: [String] = []
    }

    private struct Wanted {
        let use: ActionUse
        package let depth: Int
    }

    package func run() async -> Found {
        var found = Found()
        var known: [String: String] = [:]
        var scan: String?
        var visited: Set<String> = []
        var queue = invocation.workflow.uses.map { Wanted(use: ActionUse($0), depth: 0) }
        while let wanted = queue.popLast() {
            guard cancel.reason == nil else { return found }
            let definition: String
            switch wanted.use {
            case .other: continue
            case .local(let path):
                // Without it the steps will say what is missing: they may make the directory themselves.
                if scan == nil { scan = await takeWorkspace() ?? "" }
                guard let scan, !scan.isEmpty, !"/\(path)/".contains("/../")
                else { continue }
                definition = "\(scan)/\(path)"
            case .remote(let action):
                let key = "\(action.name)@\(action.ref)"
                if known[key] == nil {
                    guard known.count < EmbeddedRunnerLimits.actionsMax else {
                        found.problems.append(
                            "the job uses more than \(EmbeddedRunnerLimits.actionsMax) published actions")
                        return found
                    }
                    let directory = "\(invocation.directory)/actions/\(known.count)"
                    known[key] = directory
                    if let problem = await take(action, into: directory) {
                        found.problems.append(problem)
                        continue
                    }
                    found.sources.append("\(invocation.serverURL)/\(key)=\(directory)")
                }
                definition = (known[key] ?? "") + (action.path.isEmpty ? "" : "/\(action.path)")
            }
            guard visited.insert(definition).inserted, wanted.depth < EmbeddedRunnerLimits.actionDepthMax else {
                continue
            }
            queue += uses(in: definition).map { Wanted(use: $0, depth: wanted.depth + 1) }
        }
        return found
    }

    /// The steps of a composite action; actions of other kinds use none. `uses` that name a server are given the name
    /// that act knows them by.
    private func uses(in directory: String) -> [ActionUse] {
        for name in ["action.yml", "action.yaml"] {
            let path = "\(directory)/\(name)"
            guard let bytes = FileManager.default.contents(atPath: path),
                bytes.count <= EmbeddedRunnerLimits.actionBytesMax
            else { continue }
            var text = String(decoding: bytes, as: UTF8.self)
            guard let steps = (try? Yams.compose(yaml: text))??["runs"]?["steps"]?.sequence else { return [] }
            let written = steps.compactMap { $0["uses"]?.scalar?.string }
            for uses in written {
                if case .remote(let action) = ActionUse(uses), action.server != nil {
                    text = text.replacing(uses, with: action.uses)
                    try? Data(text.utf8).write(to: URL(fileURLWithPath: path))
                }
            }
            return written.map(ActionUse.init)
        }
        return []
    }

    private func take(_ action: RemoteAction, into directory: String) async -> String? {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            if action.isCheckout {
                try CheckoutAction.write(into: directory)
                return nil
            }
        } catch {
            return "could not make \"\(directory)\": \(error)"
        }
        let server = action.server ?? invocation.defaultActionsURL
        let address = "\(server)/\(action.owner)/\(action.repository)"
        guard let words = await git(in: directory, for: server).take(action.ref, from: address) else {
            try? FileManager.default.removeItem(atPath: "\(directory)/.git")
            return nil
        }
        return "could not fetch the action \(action.uses) from \(address): \(words)"
    }

    /// The job's commit, to see which actions the workspace's own ones use.
    private func takeWorkspace() async -> String? {
        let context = invocation.context
        let directory = "\(invocation.directory)/scan"
        guard !context["repository"].isEmpty, !context["sha"].isEmpty,
            (try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)) != nil
        else { return nil }
        let server = invocation.serverURL
        let address = "\(server)/\(context["repository"]).git"
        return await git(in: directory, for: server).take(context["sha"], from: address) == nil ? directory : nil
    }

    /// The job's token goes to its own server and to no other.
    private func git(in directory: String, for server: String) -> GitCommand {
        GitCommand(
            in: directory, environment: ActInvocation.environment(directory: invocation.directory),
            sending: server == invocation.serverURL ? invocation.context["token"] : "", to: server, cancel: cancel)
    }
}
