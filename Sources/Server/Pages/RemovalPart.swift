import Domain
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
        guard let name = form["name"], let typed = form["typed"] else { return false }
        // As it is, or as a page shows it: what turns or hides text is spelled out there, and browsers show no two spaces.
        func bare(_ text: String) -> [[UInt8]] {
            text.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map { Array($0) }
        }
        return !bare(typed).isEmpty && [bare(name), bare(harmlessOnPage(name))].contains(bare(typed))
    }
    static let mismatch = "what was typed is not the name"
}
