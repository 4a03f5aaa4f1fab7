@testable import Server

extension PageSamples {
    static func secrets(_ text: (String) -> String) -> [any PageModel] {
        [
            SettingsPage(
                head: head(text), words: text("words"),
                rows: [
                    SettingRow(
                        name: text("name"), description: text("description"), value: text("value"),
                        createdAt: time(text), edit: text("edit"), remove: text("remove"))
                ], hasNone: true, none: text("none"), removal: removal(text),
                form: SettingFormPart(
                    action: text("action"), token: text("form token"), title: text("form title"), old: text("old"),
                    name: text("typed name"), isNameFixed: true, value: text("typed value"),
                    description: text("typed description"), problem: text("problem")))
        ]
    }
    static let emptySecrets: [any PageModel] = [
        SettingsPage(
            head: emptyHead, words: "", rows: [], hasNone: false, none: "", removal: nil,
            form: SettingFormPart(
                action: "", token: "", title: "", old: "", name: "", isNameFixed: false, value: "", description: "",
                problem: nil))
    ]
}
