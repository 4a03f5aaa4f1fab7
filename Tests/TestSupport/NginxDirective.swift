import Foundation

/// A directive of nginx's, with its block if it has one; includes of our own snippets are put in their place.
package struct NginxDirective {
    package let name: String
    package let arguments: [String]
    package var block: [NginxDirective] = []

    private static let folder = projectRoot.appendingPathComponent("nginx")

    /// - Parameter name: of a file below nginx/.
    package static func read(_ name: String) throws -> [NginxDirective] {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        var words = Self.words(text)[...]
        return try directives(&words)
    }

    /// Arguments of the first directive of this name in the block.
    package func value(_ name: String) -> [String]? { block.first { $0.name == name }?.arguments }

    private static func directives(_ words: inout ArraySlice<String>) throws -> [NginxDirective] {
        var found: [NginxDirective] = []
        var line: [String] = []
        while let word = words.popFirst() {
            switch word {
            case "}": return found
            case "{":
                found.append(
                    NginxDirective(name: line[0], arguments: Array(line.dropFirst()), block: try directives(&words)))
                line = []
            case ";":
                if line[0] == "include", line[1].hasPrefix("snippets/") {
                    found += try read(line[1])
                } else {
                    found.append(NginxDirective(name: line[0], arguments: Array(line.dropFirst())))
                }
                line = []
            default: line.append(word)
            }
        }
        return found
    }

    /// Words, `{`, `}` and `;`; comments left out, quotes taken off, `${name}` whole.
    private static func words(_ text: String) -> [String] {
        let token = /#[^\n]*|"(?<double>[^"]*)"|'(?<single>[^']*)'|[{};]|(?:\$\{\w+\}|[^\s{};"'])+/
        return text.matches(of: token).filter { !$0.output.0.hasPrefix("#") }.map {
            String($0.output.double ?? $0.output.single ?? $0.output.0)
        }
    }
}
