@testable import Server

extension PageSamples {
    static func environments(_ text: (String) -> String) -> [any PageModel] {
        [
            EnvironmentListPage(
                head: head(text),
                rows: [EnvironmentRow(name: text("environment"), link: text("link"), rules: text("rules"))],
                hasNone: true,
                form: NewEnvironmentPart(
                    action: text("action"), token: text("form token"), name: text("typed"), problem: text("problem"))),
            EnvironmentPage(
                head: head(text), action: text("action"), token: text("form token"), problem: text("problem"),
                waitMinutes: text("minutes"), reviewers: text("reviewers"), preventsSelfReview: true, allowsAll: true,
                isByPattern: true, patterns: text("patterns"), secrets: text("secrets"), variables: text("variables"),
                remove: text("remove"), removal: removal(text)),
        ]
    }
    static let emptyEnvironments: [any PageModel] = [
        EnvironmentListPage(
            head: emptyHead, rows: [], hasNone: false,
            form: NewEnvironmentPart(action: "", token: "", name: "", problem: nil)),
        EnvironmentPage(
            head: emptyHead, action: "", token: "", problem: nil, waitMinutes: "", reviewers: "",
            preventsSelfReview: false, allowsAll: false, isByPattern: false, patterns: "", secrets: "", variables: "",
            remove: "", removal: nil),
    ]
}
