/// The secrets or the variables of one level.
struct SettingsPage: PageModel {
    static let template = Template.settings

    let head: PageHead
    /// What jobs see of them, and whose they are.
    let words: String
    let rows: [SettingRow]
    let hasNone: Bool
    /// "There is no secret yet."
    let none: String
    let removal: RemovalPart?
    let form: SettingFormPart
}

struct SettingRow: PartModel {
    let name: String
    let description: String?
    /// Of variables alone.
    let value: String?
    let createdAt: TimePart?
    let edit: String
    let remove: String
}

struct SettingFormPart: PartModel {
    let action: String
    let token: String
    /// "Add a secret", "Change the variable REGION".
    let title: String
    /// The name that it has now; "" of a new one.
    let old: String
    let name: String
    /// A secret keeps its name.
    let isNameFixed: Bool
    let value: String
    let description: String
    let problem: String?
}
