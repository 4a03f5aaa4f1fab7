import Web

/// The question before something goes for good: whoever asks for it types its name. `{{#removal}}{{>Removal}}{{/removal}}`.
struct RemovalPart: PartModel {
    /// Where the form goes.
    let action: String
    let token: String
    /// What goes: "the secret DEPLOY_KEY".
    let what: String
    /// What is to be typed.
    let name: String
    /// What goes with it; nil: nothing else.
    let consequence: String?
    let problem: String?
    /// Where the page without the question is.
    let back: String

    /// - Returns: whether the form has the name; the fields `name` and `typed`.
    static func isConfirmed(_ form: Form) -> Bool {
        guard let name = form["name"], let typed = form.given("typed") else { return false }
        return Array(typed.utf8) == Array(name.utf8)
    }
    static let mismatch = "what was typed is not the name"
}
