import Domain
import Postgres

/// A workflow file in the shape of Gitea's API.
struct WorkflowAnswer: Described {
    let id: String
    let name: String
    let path: String
    let state: String
    let created_at: String
    let updated_at: String
    /// Gitea never fills it: Go's zero time.
    let deleted_at: String
    let url: String
    let html_url: String
    let badge_url: String
    /// Beside what Gitea has: when the clock starts it.
    let schedules: [ScheduleAnswer]

    static let schemaName = "ActionWorkflow"
    static let example = WorkflowAnswer(
        FoundWorkflow(path: ".gitea/workflows/ci.yml", name: "Build and test", blob: ""), isDisabled: false,
        in: .example, at: 1_772_359_200, base: "https://ci.example", schedules: [.example])

    /// - Parameter seconds: the author time of the commit that has the file, since 1970.
    init(
        _ workflow: FoundWorkflow, isDisabled: Bool, in repository: Repository, at seconds: Int64, base: String,
        schedules: [ScheduleAnswer] = []
    ) {
        self.schedules = schedules
        id = workflow.id
        name = workflow.name
        path = workflow.path
        state = isDisabled ? "disabled_manually" : "active"
        created_at = clockText(seconds * 1_000_000)
        updated_at = created_at
        deleted_at = "0001-01-01T00:00:00Z"
        let page = "\(base)/\(repository.fullName)"
        let file = workflow.id.split(byte: "/").map { percentEncoded($0) }.joined(separator: "/")
        let branch = repository.defaultBranch.split(byte: "/").map { percentEncoded($0) }.joined(separator: "/")
        url = "\(base)/api/v1/repos/\(repository.fullName)/actions/workflows/\(percentEncoded(workflow.id))"
        html_url =
            "\(page)/src/branch/\(branch)/\(workflow.path.split(byte: "/").map { percentEncoded($0) }.joined(separator: "/"))"
        badge_url = "\(page)/actions/workflows/\(file)/badge.svg?branch=\(percentEncoded(repository.defaultBranch))"
    }
}

/// A line of `schedule` with the next moment at which it starts its workflow.
struct ScheduleAnswer: Described {
    let cron: String
    /// The key `timezone`; empty when it is absent.
    let timezone: String
    let next_run_at: JSONNull<String>

    static let schemaName = "ActionWorkflowSchedule"
    static let example = ScheduleAnswer(
        ScheduleStore.View(
            line: ScheduledLine(workflow: "", line: ScheduleLine(cron: "30 5 * * 1-5", timezone: "Europe/Berlin")),
            nextAt: 1_772_425_800_000_000))

    init(_ view: ScheduleStore.View) {
        cron = view.line.line.cron
        timezone = view.line.line.timezone ?? ""
        next_run_at = JSONNull(view.nextAt.map { clockText($0) })
    }
}

struct WorkflowList: Described {
    let total_count: Int
    let workflows: [WorkflowAnswer]

    static let schemaName = "ActionWorkflowResponse"
    static let example = WorkflowList(total_count: 1, workflows: [.example])
}

/// What starts a workflow by hand.
struct DispatchBody: Described, Decodable {
    let ref: String?
    let inputs: [String: InputValue?]?

    static let schemaName = "CreateActionWorkflowDispatch"
    static let example = DispatchBody(ref: "main", inputs: ["level": InputValue(text: "3")])
}

/// An input as callers send it: a text, or a number or boolean that becomes one (rest.md 5).
struct InputValue: Codable, Sendable {
    let text: String

    init(text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {
            text = flag ? "true" : "false"
        } else if let whole = try? value.decode(Int64.self) {
            text = "\(whole)"
        } else if let number = try? value.decode(Double.self) {
            text = "\(number)"
        } else {
            text = try value.decode(String.self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The run that a dispatch started.
struct DispatchAnswer: Described {
    let workflow_run_id: Int64
    let run_url: String
    let html_url: String

    static let schemaName = "RunDetails"
    static let example = DispatchAnswer(RunID(12), in: .example, base: "https://ci.example")

    init(_ run: RunID, in repository: Repository, base: String) {
        workflow_run_id = run.number
        run_url = "\(base)/api/v1/repos/\(repository.fullName)/actions/runs/\(run)"
        html_url = "\(base)/\(repository.fullName)/actions/runs/\(run)"
    }
}
