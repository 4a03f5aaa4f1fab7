/// A workflow: its badge, whether it is enabled, the form that starts it, its runs.
struct WorkflowPage: PageModel {
    static let template = Template.workflow

    let head: PageHead
    /// Nil: the file is not on the default branch any more; there are runs of it.
    let path: String?
    let isDisabled: Bool
    let badge: String
    /// What to paste into a README.
    let badgeMarkdown: String
    let schedules: [SchedulePart]
    /// Of whoever may write.
    let change: WorkflowChangePart?
    let dispatch: DispatchFormPart?
    let runs: [RunLine]
    let all: String
    let hasNone: Bool
}

struct SchedulePart: PartModel {
    let words: String
}

struct WorkflowChangePart: PartModel {
    let action: String
    let token: String
    /// "Disable" or "Enable".
    let words: String
}

/// The form of `workflow_dispatch`, made of the inputs that the file declares at a branch or tag.
struct DispatchFormPart: PartModel {
    let refs: [OptionPart]
    /// Why it cannot be started at this ref.
    let obstacle: String?
    /// Nil where there is an obstacle.
    let fields: DispatchFieldsPart?
}

struct DispatchFieldsPart: PartModel {
    let action: String
    let token: String
    /// The branch or tag whose inputs are shown.
    let ref: String
    let inputs: [DispatchInputPart]
    /// Why it was not started.
    let problem: String?
}

struct OptionPart: PartModel {
    let value: String
    let isChosen: Bool
}

struct DispatchInputPart: PartModel {
    /// Of the field, and of its label.
    let id: String
    let field: String
    let name: String
    let description: String?
    let value: String
    let isRequired: Bool
    // One of these.
    let isText: Bool
    let isNumber: Bool
    let isFlag: Bool
    let isSet: Bool
    let isChoice: Bool
    let options: [OptionPart]
}
