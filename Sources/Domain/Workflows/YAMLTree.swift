import Yams

/// A node of a workflow file: aliases expanded, scalars resolved, mappings in source order.
public struct YAMLNode: Sendable {
    public enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }
    public let position: Position
    public let content: Content
}

public struct YAMLPair: Sendable {
    public let key: String
    public let position: Position
    public let value: YAMLNode
}

/// Reads one YAML document (workflows.md 3). Bytes come from whoever may push; see ``WorkflowLimits``.
///
/// - Throws: ``YAMLFault`` with the position of the first fault.
func yamlTree(_ bytes: [UInt8]) throws(YAMLFault) -> YAMLNode {
    guard bytes.count <= WorkflowLimits.fileBytesMax else {
        throw YAMLFault(
            code: "too-large",
            message: "file has \(bytes.count) bytes; at most \(WorkflowLimits.fileBytesMax) are read",
            position: Position(line: 1, column: 1))
    }
    var text = try cleanText(bytes)
    let shape = try YAMLShape.scan(text)
    // Yams copies a node for every alias, and hashes keys: seven lines can mean millions of nodes. So it sees each
    // alias as a plain scalar of the same width, and the copy is made below, where nodes are counted.
    for alias in shape.aliases.values { text[alias.offset] = aliasMark }
    let document = try compose(String(decoding: text, as: UTF8.self), shape)
    guard let document else {
        throw YAMLFault(code: "empty", message: "file is empty", position: Position(line: 1, column: 1))
    }
    if case .scalar(let scalar) = document.root, scalar.string.isEmpty, scalar.style == .plain {
        throw YAMLFault(code: "empty", message: "file is empty", position: Position(line: 1, column: 1))
    }
    var expansion = Expansion(aliases: shape.aliases.mapValues(\.name))
    let tree = try expansion.convert(document.root, depth: 1).node
    withExtendedLifetime(document.parser) {}  // its nodes refer to their anchors weakly
    // Behind an anchor or a tag the alias is not where its node begins; YAML forbids both.
    if let rest = shape.aliases.first(where: { !expansion.used.contains($0.key) }) {
        throw YAMLFault(
            code: "yaml-syntax",
            message: "could not parse as YAML: alias \"*\(rest.value.name)\" cannot have an anchor or tag",
            position: rest.key)
    }
    return tree
}

private let aliasMark = UInt8(ascii: "A")

/// The text as libyaml should see it: no byte order mark, LF alone as line break, only characters YAML allows.
/// NEL, LS and PS are refused because YAML 1.1 reads them as line breaks and 1.2 does not.
func cleanText(_ bytes: [UInt8]) throws(YAMLFault) -> [UInt8] {
    var body = bytes[...]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
    var out: [UInt8] = []
    out.reserveCapacity(body.count)
    var line = 1
    var column = 1
    var decoder = UTF8()
    var iterator = body.makeIterator()
    var wasReturn = false
    while true {
        let here = Position(line: line, column: column)
        let scalar: Unicode.Scalar
        switch decoder.decode(&iterator) {
        case .emptyInput: return out
        case .error: throw YAMLFault(code: "yaml-syntax", message: "file is not UTF-8 text here", position: here)
        case .scalarValue(let value): scalar = value
        }
        switch scalar.value {
        case 0x0A where wasReturn:
            wasReturn = false
            continue
        case 0x0A, 0x0D:
            wasReturn = scalar.value == 0x0D
            out.append(0x0A)
            line += 1
            column = 1
            continue
        case 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            wasReturn = false
            out.append(contentsOf: String(scalar).utf8)
            column += 1
        default:
            let code = String(scalar.value, radix: 16, uppercase: true)
            throw YAMLFault(
                code: "yaml-syntax",
                message:
                    "character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code) cannot stand in YAML",
                position: here)
        }
    }
}

private func compose(_ text: String, _ shape: YAMLShape) throws(YAMLFault) -> (root: Node, parser: Parser)? {
    do {
        let parser = try Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
        return try parser.singleRoot().map { ($0, parser) }
    } catch let error as YamlError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let words = context.map { "\($0.text) \(problem)" } ?? problem
            let position = Position(line: mark.line, column: mark.column)
            throw YAMLFault(code: "yaml-syntax", message: "could not parse as YAML: \(words)", position: position)
        case .duplicatedKeysInMapping(_, let context): throw duplicateFault(shape, near: context.mark)
        default:
            throw YAMLFault(
                code: "yaml-syntax", message: "could not parse as YAML", position: .init(line: 1, column: 1))
        }
    } catch {
        throw YAMLFault(code: "yaml-syntax", message: "could not parse as YAML", position: .init(line: 1, column: 1))
    }
}

/// Yams tells only where the first of two equal keys is; the second is found among the keys of the same collection.
private func duplicateFault(_ shape: YAMLShape, near mark: Mark) -> YAMLFault {
    let first = Position(line: mark.line, column: mark.column)
    if let key = shape.keys.first(where: { $0.position == first }),
        let second = shape.keys.first(where: {
            $0.collection == key.collection && $0.text == key.text && $0.position != first
        })
    {
        return duplicate(key.text, at: second.position, first: first)
    }
    return YAMLFault(code: "duplicate-key", message: "a key is duplicated in the mapping of this key", position: first)
}

private func duplicate(_ key: String, at position: Position, first: Position) -> YAMLFault {
    YAMLFault(
        code: "duplicate-key", message: "key \"\(key)\" is duplicated, previously at \(first.line):\(first.column)",
        position: position)
}

/// Turns Yams' nodes into ours, copying anchored nodes under a budget.
private struct Expansion {
    struct Part {
        let node: YAMLNode
        let nodeCount: Int
        let byteCount: Int
        let height: Int
    }
    let aliases: [Position: String]
    var anchors: [String: Part] = [:]
    var open: Set<String> = []
    var used: Set<Position> = []
    var copied = 0
    var copiedBytes = 0

    init(aliases: [Position: String]) { self.aliases = aliases }

    mutating func convert(_ node: Node, depth: Int) throws(YAMLFault) -> Part {
        let position = node.mark.map { Position(line: $0.line, column: $0.column) } ?? Position(line: 1, column: 1)
        guard depth <= WorkflowLimits.depthMax + 1 else { throw tooDeep(position) }
        let anchor = node.anchor?.rawValue
        if let anchor { open.insert(anchor) }
        let part: Part
        switch node {
        case .scalar(let scalar): part = try convert(scalar, at: position, depth: depth)
        case .sequence(let sequence):
            try check(sequence.tag, is: .seq, at: position)
            var items: [YAMLNode] = []
            var count = 1
            var bytes = 0
            var height = 0
            for item in sequence {
                let child = try convert(item, depth: depth + 1)
                items.append(child.node)
                count += child.nodeCount
                bytes += child.byteCount
                height = max(height, child.height)
            }
            let copy = YAMLNode(position: position, content: .sequence(items))
            part = Part(node: copy, nodeCount: count, byteCount: bytes, height: height + 1)
        case .mapping(let mapping): part = try convert(mapping, at: position, depth: depth)
        case .alias: throw YAMLFault(code: "yaml-syntax", message: "alias cannot be read", position: position)
        }
        if let anchor {
            open.remove(anchor)
            anchors[anchor] = part
        }
        return part
    }

    private mutating func convert(_ mapping: Node.Mapping, at position: Position, depth: Int) throws(YAMLFault) -> Part
    {
        try check(mapping.tag, is: .map, at: position)
        var pairs: [YAMLPair] = []
        var seen: [String: Position] = [:]
        var count = 1
        var bytes = 0
        var height = 0
        for (keyNode, valueNode) in mapping {
            let keyPart = try convert(keyNode, depth: depth + 1)
            let keyPosition = keyNode.mark.map { Position(line: $0.line, column: $0.column) } ?? position
            guard case .scalar(let key) = keyPart.node.content else {
                throw YAMLFault(code: "type", message: "a key must be a scalar", position: keyPosition)
            }
            guard key.text.utf8.count <= WorkflowLimits.keyBytesMax else {
                throw YAMLFault(
                    code: "too-large", message: "key has more than \(WorkflowLimits.keyBytesMax) bytes",
                    position: keyPosition)
            }
            if key.text == "<<", key.style == .plain {
                throw YAMLFault(
                    code: "merge-key", message: "merge key \"<<\" is not supported; use an alias for the whole value",
                    position: keyPosition)
            }
            let folded = key.text.lowercased()
            if let first = seen[folded] { throw duplicate(key.text, at: keyPosition, first: first) }
            seen[folded] = keyPosition
            let child = try convert(valueNode, depth: depth + 1)
            pairs.append(YAMLPair(key: key.text, position: keyPosition, value: child.node))
            count += keyPart.nodeCount + child.nodeCount
            bytes += keyPart.byteCount + child.byteCount
            height = max(height, child.height)
        }
        let node = YAMLNode(position: position, content: .mapping(pairs))
        return Part(node: node, nodeCount: count, byteCount: bytes, height: height + 1)
    }

    private mutating func convert(_ scalar: Node.Scalar, at position: Position, depth: Int) throws(YAMLFault) -> Part {
        if let name = aliases[position], scalar.style == .plain {
            guard scalar.string == "A" + name else {
                throw YAMLFault(
                    code: "yaml-syntax", message: "could not parse as YAML: text after alias \"*\(name)\"",
                    position: position)
            }
            used.insert(position)
            return try copy(name, at: position, depth: depth)
        }
        let style: YAMLScalar.Style =
            switch scalar.style {
            case .plain, .any: .plain
            case .literal, .folded: .block
            case .singleQuoted, .doubleQuoted: .quoted
            }
        let tag = scalar.tag.description
        guard let value = YAMLScalar(text: scalar.string, style: style, tag: tag) else {
            throw YAMLFault(
                code: "type",
                message: "tag \"\(tag)\" does not fit \"\(scalar.string.prefix(40))\"; only the core tags are known",
                position: position)
        }
        let node = YAMLNode(position: position, content: .scalar(value))
        return Part(node: node, nodeCount: 1, byteCount: scalar.string.utf8.count, height: 0)
    }

    private mutating func copy(_ name: String, at position: Position, depth: Int) throws(YAMLFault) -> Part {
        if open.contains(name) {
            throw YAMLFault(
                code: "alias-recursive", message: "alias \"*\(name)\" stands inside the node it names",
                position: position)
        }
        guard let part = anchors[name] else {
            throw YAMLFault(
                code: "yaml-syntax", message: "alias \"*\(name)\" has no anchor above it", position: position)
        }
        copied += part.nodeCount
        guard copied <= WorkflowLimits.aliasNodesMax else {
            throw YAMLFault(
                code: "too-large", message: "aliases expand to more than \(WorkflowLimits.aliasNodesMax) nodes",
                position: position)
        }
        copiedBytes += part.byteCount
        guard copiedBytes <= WorkflowLimits.aliasBytesMax else {
            throw YAMLFault(
                code: "too-large", message: "aliases expand to more than \(WorkflowLimits.aliasBytesMax) bytes",
                position: position)
        }
        guard depth - 1 + part.height <= WorkflowLimits.depthMax else { throw tooDeep(position) }
        return part
    }

    private func tooDeep(_ position: Position) -> YAMLFault {
        YAMLFault(
            code: "too-deep", message: "nested more than \(WorkflowLimits.depthMax) levels deep", position: position)
    }

    private func check(_ tag: Tag, is name: Tag.Name, at position: Position) throws(YAMLFault) {
        let text = tag.description
        guard text.isEmpty || text == "!" || text == name.rawValue else {
            throw YAMLFault(code: "type", message: "tag \"\(text)\" is not known here", position: position)
        }
    }
}
