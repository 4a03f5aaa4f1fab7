/// Bounds on a YAML text that must hold before it is composed: the composer recurses per level and copies per alias,
/// so a short hostile file would exhaust the stack or the memory inside it (workflows.md 3.5, 3.7, 17.1).
///
/// The scan is linear and errs on the strict side: it does not know quotes or block scalars.
struct YAMLBounds {
    struct Excess: Error {
        let line: Int
        let code: String
        let message: String
    }

    static func check(_ bytes: [UInt8]) throws(Excess) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        try checkDepth(lines)
        try checkAliases(lines)
    }

    private static func checkDepth(_ lines: [ArraySlice<UInt8>]) throws(Excess) {
        var open = 0
        var indents: [Int] = []
        for (index, line) in lines.enumerated() {
            let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
            let content = line.dropFirst(indent)
            guard let first = content.first, first != UInt8(ascii: "#"), first != 13 else { continue }
            while let last = indents.last, last >= indent { indents.removeLast() }
            indents.append(indent)
            // "- - - x" and "? ? x" open a level per mark on one line.
            var marks = 0
            var at = content.startIndex
            while at + 1 < content.endIndex, [UInt8(ascii: "-"), UInt8(ascii: "?")].contains(content[at]),
                [UInt8(ascii: " "), 9].contains(content[at + 1])
            {
                marks += 1
                at += 1
                while at < content.endIndex, [UInt8(ascii: " "), 9].contains(content[at]) { at += 1 }
            }
            for byte in content {
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { open += 1 }
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { open = max(0, open - 1) }
                guard open + indents.count + marks <= WorkflowLimits.depthMax else {
                    throw Excess(
                        line: index + 1, code: "too-deep",
                        message: "more than \(WorkflowLimits.depthMax) levels of nesting; make the file flatter")
                }
            }
        }
    }

    private static func checkAliases(_ lines: [ArraySlice<UInt8>]) throws(Excess) {
        guard lines.contains(where: { $0.contains(UInt8(ascii: "*")) }) else { return }
        var weights: [[UInt8]: Int] = [:]
        var total = 0
        // Anchors are weighed in order: an alias can only name an earlier one, so its weight is known.
        for (index, line) in lines.enumerated() {
            for name in names(after: UInt8(ascii: "&"), in: line) {
                var weight = 0
                for covered in extent(of: index, in: lines) {
                    weight += covered.count + 1
                    for alias in names(after: UInt8(ascii: "*"), in: covered) where alias != name {
                        weight += weights[alias] ?? 0
                    }
                    guard weight <= WorkflowLimits.aliasBytesMax else { throw tooLarge(index) }
                }
                weights[name] = weight
            }
            for alias in names(after: UInt8(ascii: "*"), in: line) {
                total += weights[alias] ?? 0
                guard total <= WorkflowLimits.aliasBytesMax else { throw tooLarge(index) }
            }
        }
    }

    private static func tooLarge(_ index: Int) -> Excess {
        Excess(
            line: index + 1, code: "too-large",
            message: "the aliases stand for more than \(WorkflowLimits.aliasBytesMax) bytes; write fewer of them")
    }

    /// The anchor's line and those below it that are indented deeper or inside its open brackets.
    private static func extent(of index: Int, in lines: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        let indent = lines[index].prefix { $0 == UInt8(ascii: " ") }.count
        var out: [ArraySlice<UInt8>] = []
        var open = 0
        for line in lines[index...] {
            let blank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == 13 }
            let own = line.prefix { $0 == UInt8(ascii: " ") }.count
            let isItem = line.dropFirst(own).first == UInt8(ascii: "-")
            if !out.isEmpty, open == 0, !blank, own < indent || (own == indent && !isItem) { break }
            out.append(line)
            for byte in line {
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { open += 1 }
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { open = max(0, open - 1) }
            }
        }
        return out
    }

    private static func names(after mark: UInt8, in line: ArraySlice<UInt8>) -> [[UInt8]] {
        var out: [[UInt8]] = []
        var at = line.startIndex
        while let found = line[at...].firstIndex(of: mark) {
            let name = line[(found + 1)...].prefix { !" \t,[]{}\r".utf8.contains($0) }
            if !name.isEmpty { out.append(Array(name)) }
            at = found + 1
        }
        return out
    }
}
