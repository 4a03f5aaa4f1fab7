@testable import Server

/// The tags of templates, held against the models that fill them.
struct TemplateTags {
    /// Texts of templates by name.
    let texts: [String: String]
    private(set) var problems: [String] = []
    /// `Type.property` of all that a template asks for.
    private(set) var used: Set<String> = []

    init(_ texts: [String: String]) { self.texts = texts }

    /// Follows a template and its partials with a full model: each name must be a property of the model at hand, not of
    /// one around it.
    mutating func follow(_ template: String, _ model: any PartModel) {
        guard let text = texts[template] else {
            problems.append("\(template) is no template")
            return
        }
        if text.contains("{{&") { problems.append("\(template) shows text that is not escaped") }
        var current = model
        var outer: [(name: String, model: any PartModel)] = []
        for tag in text.matches(of: /\{\{\s*(?<kind>[#^\/<>$]?)\s*(?<name>[^\s{}]*)\s*\}\}/) {
            let name = String(tag.name)
            switch tag.kind {
            case "#", "^":
                outer.append((name, current))
                let value = value(of: name, of: current, template)
                if tag.kind == "#", let inner = Self.inner(value) { current = inner }
                if let list = value as? [any PartModel], list.isEmpty {
                    problems.append("\(template): the model has nothing in \(name)")
                }
            case "/":
                guard let last = outer.popLast(), last.name == name else {
                    problems.append("\(template): \(name) ends where it does not begin")
                    return
                }
                current = last.model
            case "<", ">":
                if tag.kind == "<" { outer.append((name, current)) }
                follow(name, current)
            case "$": outer.append((name, current))
            default:
                let value = value(of: name, of: current, template)
                let isRaw =
                    tag.range.lowerBound > text.startIndex && text[text.index(before: tag.range.lowerBound)] == "{"
                if isRaw, !(value is SanitisedHTML) {
                    problems.append("\(template) shows text that is not escaped: \(name)")
                }
            }
        }
    }

    private static func inner(_ value: Any?) -> (any PartModel)? {
        (value as? [any PartModel])?.first ?? value as? any PartModel
    }

    /// The value of a name, `head.title` too. Nil, and a problem, when the model has none.
    private mutating func value(of name: String, of model: any PartModel, _ template: String) -> Any? {
        var value: Any? = model
        for part in name.split(separator: ".") {
            guard let object = value,
                let found = Mirror(reflecting: object).children.first(where: { $0.label == String(part) })
            else {
                problems.append("\(template): \(type(of: model)) has no \(name)")
                return nil
            }
            used.insert("\(type(of: object)).\(part)")
            value = Self.unwrapped(found.value)
        }
        if value == nil { problems.append("\(template): the full model of \(type(of: model)) has no value of \(name)") }
        return value
    }

    /// Each value of a model and of the models in it, with the name that `used` has.
    static func values(of model: any PartModel) -> [(name: String, value: Any)] {
        Mirror(reflecting: model).children.flatMap { label, value -> [(name: String, value: Any)] in
            let value = unwrapped(value)
            let models = value as? [any PartModel] ?? [value as? any PartModel].compactMap { $0 }
            return [(name: "\(type(of: model)).\(label ?? "")", value: value as Any)] + models.flatMap(values)
        }
    }

    private static func unwrapped(_ value: Any) -> Any? {
        let mirror = Mirror(reflecting: value)
        return mirror.displayStyle == .optional ? mirror.children.first?.value : value
    }
}
