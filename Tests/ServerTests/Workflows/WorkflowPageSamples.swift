@testable import Server

extension PageSamples {
    static func workflows(_ text: (String) -> String) -> [any PageModel] {
        [
            WorkflowPage(
                head: head(text), path: text("path"), isDisabled: true, badge: text("badge"),
                badgeMarkdown: text("markdown"), schedules: [SchedulePart(words: text("schedule"))],
                change: WorkflowChangePart(action: text("change"), token: text("change token"), words: text("words")),
                dispatch: DispatchFormPart(
                    refs: [OptionPart(value: text("other ref"), isChosen: true)], obstacle: text("obstacle"),
                    fields: DispatchFieldsPart(
                        action: text("dispatch"), token: text("dispatch token"), ref: text("ref"),
                        inputs: [
                            DispatchInputPart(
                                id: text("id"), field: text("field"), name: text("input"),
                                description: text("about"), value: text("value"), isRequired: true, isText: true,
                                isNumber: true, isFlag: true, isSet: true, isChoice: true,
                                options: [OptionPart(value: text("option"), isChosen: true)])
                        ], problem: text("problem"))),
                runs: [line(text)], all: text("all"), hasNone: true)
        ]
    }
    static let emptyWorkflows: [any PageModel] = [
        WorkflowPage(
            head: emptyHead, path: nil, isDisabled: false, badge: "", badgeMarkdown: "", schedules: [], change: nil,
            dispatch: nil, runs: [], all: "", hasNone: false)
    ]
}
