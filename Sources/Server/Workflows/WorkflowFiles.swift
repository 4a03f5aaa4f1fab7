import Domain
import Postgres
import Synchronization
import Web

/// A workflow file of a commit.
struct FoundWorkflow: Sendable {
    /// The whole path.
    let path: String
    /// The file's `name`, else its id.
    let name: String
    /// The object that it is.
    let blob: String
    var rules = WorkflowRules.standard
    var id: String { workflowID(ofPath: path, rules) }
}

/// The workflow files of one commit.
struct WorkflowFiles {
    let app: App
    let git: GitReader

    /// A commit with the ref by which it was found.
    struct Place {
        /// The whole one.
        let ref: String
        let commit: String
        let head: Commit
    }

    /// The first of these refs that there is.
    func place(of refs: [String]) throws -> Place? {
        for ref in refs where canNameRef(ref) {
            guard let object = try git.object(ref + "^{commit}", bytesMax: PushLimits.commitBytesMax),
                object.type == "commit", let bytes = object.bytes
            else { continue }
            let id = GitProgram.firstLine(try git.run(["rev-parse", "--verify", ref + "^{commit}"]))
            return Place(ref: ref, commit: id, head: Commit(bytes))
        }
        return nil
    }

    /// In the order of their paths, as they are planned.
    func entries(at place: Place) throws -> [CommitEntry] {
        let rules = app.configuration.workflows
        let entries = try git.workflowEntries(at: place.commit, in: rules.directories)
        let known = Dictionary(entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let sorted = known.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return rules.files(in: sorted).compactMap { known[$0] }.filter(\.isFile)
    }

    /// With their names; a file that cannot be read, or one too many, has its id for a name.
    func named(_ entries: [CommitEntry]) throws -> [FoundWorkflow] {
        let names = app.caches.workflowNames
        let unknown = entries.prefix(PlanningLimits.filesMax).filter {
            names[$0.id] == nil && $0.size <= WorkflowLimits.fileBytesMax
        }
        var spent = 0
        // One by one: all of them at once may be more than is held of git's answers.
        for (place, entry) in unknown.enumerated() {
            guard let bytes = try git.object(entry.id, bytesMax: WorkflowLimits.fileBytesMax)?.bytes else { continue }
            let steps = stepsOfNextFile(spent: spent, filesLeft: unknown.count - place)
            let file = WorkflowFile(bytes, path: entry.path, steps: steps)
            spent += file.parsingSteps
            names[entry.id] = file.name ?? ""
        }
        return entries.map { entry in
            let name = names[entry.id] ?? ""
            return FoundWorkflow(
                path: entry.path,
                name: name.isEmpty ? workflowID(ofPath: entry.path, app.configuration.workflows) : name, blob: entry.id,
                rules: app.configuration.workflows)
        }
    }
}

/// Names of workflow files by the ids of their objects, which never change: only new files are read for a list.
final class WorkflowNames: Sendable {
    private static let namesMax = 10_000
    private let names = Mutex<[String: String]>([:])

    /// "" of a file without a name.
    subscript(blob: String) -> String? {
        get { names.withLock { $0[blob] } }
        set {
            names.withLock {
                if $0.count >= Self.namesMax { $0 = [:] }
                $0[blob] = newValue
            }
        }
    }
}
