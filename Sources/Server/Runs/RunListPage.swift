import Domain
import Postgres
import Web

/// The page of a repository's runs.
struct RunListPage: PageModel {
    static let template = Template.runList

    let head: PageHead
    /// Pushes that could not be read.
    let putAside: [PutAsidePush]
    /// For a repository without a run.
    let lesson: RunLesson?
    let list: RunListPart?
}

struct PutAsidePush: PartModel {
    let ref: String
    let sha: String
    let pushedAt: String
    let reason: String
}

/// What makes a first run.
struct RunLesson: PartModel {
    let path: String
    let workflow: String
    let commands: String

    init(path: String, workflow: String, commands: String) {
        self.path = path
        self.workflow = workflow
        self.commands = commands
    }

    init(of repository: Repository, at base: String, _ rules: WorkflowRules) {
        let path = "\(rules.directories.first ?? ".gitea/workflows")/ci.yml"
        self.init(
            path: path,
            workflow: """
                on: push
                jobs:
                  test:
                    runs-on: ubuntu-latest
                    steps:
                      - uses: actions/checkout@v4
                      - run: echo "it runs"
                """,
            commands: """
                git clone \(base)/\(repository.fullName).git && cd \(repository.fullName.split(byte: "/").last ?? "")
                mkdir -p \(path.split(byte: "/").dropLast().joined(separator: "/"))
                $EDITOR \(path)
                git add \(path) && git commit -m "Add a workflow" && git push origin HEAD:\(repository.defaultBranch)
                """)
    }
}

struct RunListPart: PartModel {
    /// The page without filters.
    let address: String
    let workflows: [Crumb]
    let chips: [RunChip]
    let selects: [FilterSelect]
    let inputs: [FilterInput]
    /// Filters are set: the way back.
    let reset: String?
    /// Why there is nothing to see.
    let nothing: String?
    let rows: RunRowsPart
}

/// A link to the runs of one status, with how many there are.
struct RunChip: PartModel {
    let name: String
    let link: String
    let count: String?
    let isHere: Bool
}

struct FilterSelect: PartModel {
    let name: String
    let label: String
    let options: [FilterOption]
}

struct FilterInput: PartModel {
    let name: String
    let label: String
    let value: String
    let known: [FilterValue]
}

struct FilterValue: PartModel {
    let value: String
}

struct FilterOption: PartModel {
    let value: String
    let words: String
    let isChosen: Bool
}

/// The rows alone, which the script fetches when a run has changed.
struct RunRowsPage: PageModel {
    static let template = Template.runRows
    let rows: RunRowsPart
}

struct RunRowsPart: PartModel {
    /// Where the script finds them anew.
    let address: String
    let repository: Int64
    let total: String?
    let runs: [RunRow]
    let newest: String?
    let older: String?
}

struct RunRow: PartModel {
    let link: String
    let number: Int64
    let status: String
    let title: String
    let workflow: String
    let branch: String
    /// To the runs of the branch.
    let branchLink: String?
    let sha: String
    let event: String
    let actor: String
    let createdAt: TimePart?
    /// How long it took, or has run so far.
    let took: String
    let why: String?
}

extension RunRow {
    init(_ run: RunView, base: String, why: Reason?, now: Instant) {
        link = "\(base)/actions/runs/\(run.id)"
        number = run.number
        status = "\(run.status)"
        title = harmlessField(run.title.isEmpty ? "(no title)" : run.title)
        workflow = harmlessField(run.workflowName.isEmpty ? run.workflowID : run.workflowName)
        branch = harmlessField(shownRef(run.ref))
        let short = shortRef(run.ref)
        branchLink = short.type == "branch" ? "\(base)/actions?branch=\(percentEncoded(short.name))" : nil
        sha = String(run.sha.prefix(7))
        event = harmlessField(run.event)
        actor = run.actor
        createdAt = TimePart(Instant(microseconds: run.createdAt), now: now)
        let span = TimeSpan(startedAt: run.startedAt, stoppedAt: run.stoppedAt)
        took = span.ran(now: now.microseconds).map(durationWords) ?? ""
        self.why = why.map { harmlessField($0.words) }
    }
}
