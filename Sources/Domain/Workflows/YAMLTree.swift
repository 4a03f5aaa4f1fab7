import Yams

/// A YAML node as workflows need it: source order kept, plain scalars resolved by the YAML 1.2 core schema.
public struct YAMLTree: Sendable {
    public enum Content: Sendable {
        case null
        case bool(Bool)
        /// The value, and the text it was written with.
        case number(Double, String)
        case string(String)
        case sequence([YAMLTree])
        case mapping([(key: YAMLTree, name: String, value: YAMLTree)])
    }
    public let content: Content
    public let line: Int
    public let column: Int

    /// Reads one document, or says where it cannot (workflows.md 3).
    static func parse(_ bytes: [UInt8], path: String) throws(Diagnostic) -> YAMLTree {
        func problem(_ line: Int, _ column: Int, _ code: String, _ message: String) -> Diagnostic {
            Diagnostic(severity: .error, path: path, line: line, column: column, code: code, message: message)
        }
        guard bytes.count <= WorkflowLimits.fileBytesMax else {
            throw problem(
                1, 1, "too-large", "the file has \(bytes.count) bytes; at most \(WorkflowLimits.fileBytesMax)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let valid = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\u{FFFD}" }
            throw problem(valid.count { $0.isNewline } + 1, 1, "yaml-syntax", "the file is not valid UTF-8")
        }
        do { try YAMLBounds.check(bytes) } catch { throw problem(error.line, 1, error.code, error.message) }
        let node: Node?
        do {
            // `compose` refuses a second document.
            node = try Yams.compose(yaml: text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        } catch let error as YamlError {
            throw Self.diagnostic(error, path: path)
        } catch {
            throw problem(1, 1, "yaml-syntax", "could not parse as YAML: \(error)")
        }
        guard let node else { throw problem(1, 1, "yaml-syntax", "the file is empty") }
        return try Self.tree(node, path: path)
    }

    private static func diagnostic(_ error: YamlError, path: String) -> Diagnostic {
        func made(_ mark: Mark?, _ code: String, _ message: String) -> Diagnostic {
            Diagnostic(
                severity: .error, path: path, line: mark?.line ?? 1, column: mark?.column ?? 1, code: code,
                message: message)
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return made(mark, "yaml-syntax", "could not parse as YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            return made(context.mark, "duplicate-key", "key \"\(keys.first ?? "")\" is duplicated")
        default: return made(nil, "yaml-syntax", "could not parse as YAML: \(error)")
        }
    }

    private static func tree(_ node: Node, path: String) throws(Diagnostic) -> YAMLTree {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        func problem(_ code: String, _ message: String) -> Diagnostic {
            Diagnostic(severity: .error, path: path, line: line, column: column, code: code, message: message)
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return YAMLTree(content: resolve(scalar.string, plain: isPlain), line: line, column: column)
        case .sequence(let sequence):
            var items: [YAMLTree] = []
            for item in sequence { items.append(try tree(item, path: path)) }
            return YAMLTree(content: .sequence(items), line: line, column: column)
        case .mapping(let mapping):
            var pairs: [(key: YAMLTree, name: String, value: YAMLTree)] = []
            var seen: [String: YAMLTree] = [:]
            for (key, value) in mapping {
                let name = key.scalar?.string
                let keyTree = YAMLTree(
                    content: .string(name ?? ""), line: key.mark?.line ?? line, column: key.mark?.column ?? column)
                func at(_ code: String, _ message: String) -> Diagnostic {
                    Diagnostic(
                        severity: .error, path: path, line: keyTree.line, column: keyTree.column, code: code,
                        message: message)
                }
                guard let name else { throw at("type", "a key must be a single value") }
                guard name != "<<" else {
                    throw at("merge-key", "merge keys (\"<<\") are not supported; alias the whole value instead")
                }
                if let first = seen[name.lowercased()] {
                    throw at(
                        "duplicate-key", "key \"\(name)\" is duplicated, previously at \(first.line):\(first.column)")
                }
                seen[name.lowercased()] = keyTree
                pairs.append((keyTree, name, try tree(value, path: path)))
            }
            return YAMLTree(content: .mapping(pairs), line: line, column: column)
        case .alias:
            throw problem("yaml-syntax", "an alias could not be resolved")
        }
    }

    /// The core schema of workflows.md 3.1, for plain scalars only; everything else is a string.
    static func resolve(_ text: String, plain: Bool) -> Content {
        guard plain else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".nan", ".NaN", ".NAN": return .number(.nan, text)
        default: break
        }
        var digits = Substring(text)
        var sign = 1.0
        if let first = digits.first, first == "+" || first == "-" {
            sign = first == "-" ? -1 : 1
            digits = digits.dropFirst()
        }
        if [".inf", ".Inf", ".INF"].contains(digits) { return .number(sign * .infinity, text) }
        if text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16), !text.dropFirst(2).hasPrefix("+") {
            return .number(Double(value), text)
        }
        if text.hasPrefix("0o"), let value = UInt64(text.dropFirst(2), radix: 8), !text.dropFirst(2).hasPrefix("+") {
            return .number(Double(value), text)
        }
        guard let first = digits.first, first.isASCII && first.isNumber || first == ".",
            digits.contains(where: { $0.isASCII && $0.isNumber }),
            digits.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }),
            let value = Double(digits.hasPrefix(".") ? "0" + digits : String(digits))
        else { return .string(text) }
        return .number(sign * value, text)
    }

    // MARK: access

    public subscript(_ name: String) -> YAMLTree? {
        guard case .mapping(let pairs) = content else { return nil }
        return pairs.first { $0.name == name }?.value
    }
    /// A scalar as text; nil for null, sequences and mappings.
    public var text: String? {
        switch content {
        case .string(let text), .number(_, let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .sequence, .mapping: nil
        }
    }

    /// Compact JSON, non-ASCII raw: valid YAML that act reads without surprises (workflows.md 15).
    func appendJSON(to out: inout String, replacing: [String: String?] = [:]) {
        switch content {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .number(let value, let text):
            if let whole = Int64(exactly: value) {
                out += String(whole)
            } else if value.isFinite {
                out += String(value)
            } else {
                out += jsonString(text)
            }
        case .string(let text): out += jsonString(text)
        case .sequence(let items):
            out += "["
            for (index, item) in items.enumerated() {
                if index > 0 { out += "," }
                item.appendJSON(to: &out)
            }
            out += "]"
        case .mapping(let pairs):
            out += "{"
            var isFirst = true
            for pair in pairs {
                // A replacement of nil drops the key.
                if let replacement = replacing[pair.name], replacement == nil { continue }
                if !isFirst { out += "," }
                isFirst = false
                out += jsonString(pair.name) + ":"
                if let replacement = replacing[pair.name] ?? nil {
                    out += replacement
                } else {
                    pair.value.appendJSON(to: &out)
                }
            }
            out += "}"
        }
    }
}

/// A JSON string; only what JSON demands is escaped.
func jsonString(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\r": out += "\\r"
        case "\t": out += "\\t"
        case _ where scalar.value < 0x20:
            let hex = String(scalar.value, radix: 16)
            out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out + "\""
}
