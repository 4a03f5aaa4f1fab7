import Mustache
import Web

/// Part of what a template is filled with: its stored properties, by name.
protocol PartModel: MustacheParent, Sendable {}

extension PartModel {
    func child(named name: String) -> Any? {
        for (label, value) in Mirror(reflecting: self).children where label == name {
            guard let optional = value as? any OptionalProperty else { return value }
            // The search ends here: a template would otherwise show what a model around this one calls by the same name.
            return optional.wrappedValue ?? Absent()
        }
        return nil
    }
}

/// What a whole template is filled with.
protocol PageModel: PartModel {
    static var template: Template { get }
}

extension PageModel {
    /// - Parameter status: 422 of a form that comes back with what is wrong with it.
    func response(_ status: Int = 200) throws -> Response {
        .html(status, try TemplateLibrary.shared().html(self))
    }
}

/// Draws nothing and no section.
private struct Absent: MustacheCustomRepresentation {
    var representation: Any? { nil }
}

private protocol OptionalProperty {
    var wrappedValue: Any? { get }
}

extension Optional: OptionalProperty {
    fileprivate var wrappedValue: Any? { self }
}

extension String {
    /// Nil when there is nothing to show: a template draws a section for any text.
    var shown: String? { isEmpty ? nil : self }
}
