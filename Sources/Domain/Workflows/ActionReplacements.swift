/// A table of actions that steps use other ones for (`actions.replace`): `actions/upload-artifact@v4` becomes
/// `https://code.example/mirror/upload-artifact@v4` in what runners get, and no workflow changes.
///
/// A name with `@ref` stands for that ref alone, one without for every ref, which then stays. A name stands also for what is
/// below it: `github/codeql-action` for `github/codeql-action/init`, whose `/init` stays. The longest name counts, and of two
/// equal ones that with the ref. Names ignore case as the hosts of actions do, refs do not. Paths (`./…`) and images
/// (`docker://…`) are never replaced, nor what a replaced action uses itself: runners read that.
public struct ActionReplacements: Equatable, Sendable {
    public enum Limits {
        public static let rowsMax = 1000
        public static let textBytesMax = 1024
    }

    public struct Invalid: Error, Equatable, Sendable {
        public let words: String
    }

    private struct Row: Equatable {
        /// In folded bytes, without the ref.
        let name: [UInt8]
        let ref: String?
        let target: String
        let targetRef: String?
    }
    private var rows: [Row] = []

    public static let none = ActionReplacements()

    private init() {}

    public init(_ table: [(from: String, to: String)]) throws(Invalid) {
        guard table.count <= Limits.rowsMax else {
            throw Invalid(words: "has \(table.count) rows; at most \(Limits.rowsMax) are read")
        }
        for row in table {
            for text in [row.from, row.to] {
                let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } && !hasExpression(text)
                guard !text.isEmpty, text.utf8.count <= Limits.textBytesMax, isPlain, Self.canName(text) else {
                    throw Invalid(
                        words:
                            "has \"\(quoted(text))\"; actions are named owner/repository[/path][@ref] or by an http or https address"
                    )
                }
            }
            let from = Self.parts(row.from)
            let to = Self.parts(row.to)
            let name = foldedBytes(from.name)
            guard !rows.contains(where: { row in row.name == name && row.ref == from.ref }) else {
                throw Invalid(words: "names \"\(quoted(row.from))\" twice")
            }
            rows.append(Row(name: name, ref: from.ref, target: to.name, targetRef: to.ref))
        }
        // The longest first, of equal ones that with a ref.
        rows.sort { ($0.name.count, $0.ref == nil ? 0 : 1) > ($1.name.count, $1.ref == nil ? 0 : 1) }
    }

    public var isEmpty: Bool { rows.isEmpty }

    /// What a step uses in the place of this; nil when it stays.
    public func replacement(of uses: String) -> String? {
        guard !rows.isEmpty, !uses.utf8.starts(with: "./".utf8), !uses.utf8.starts(with: "docker://".utf8) else {
            return nil
        }
        let used = Self.parts(uses)
        let name = foldedBytes(used.name)
        for row in rows where row.ref == nil || row.ref.map({ sameScalars($0, used.ref ?? "") }) == true {
            guard name.starts(with: row.name) else { continue }
            let rest = name.count - row.name.count
            guard rest == 0 || name[row.name.count] == UInt8(ascii: "/") else { continue }
            let path = String(decoding: used.name.utf8.suffix(rest), as: UTF8.self)
            let ref = row.targetRef ?? used.ref
            return row.target + path + (ref.map { "@\($0)" } ?? "")
        }
        return nil
    }

    /// A ref may have slashes, so it begins at the first `@` behind the repository's owner; a host may have one before it.
    private static func parts(_ text: String) -> (name: String, ref: String?) {
        let slashesBefore = isAddress(text) ? 4 : 1
        var slashes = 0
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "/") { slashes += 1 }
            guard byte == UInt8(ascii: "@"), slashes >= slashesBefore else { continue }
            let ref = String(decoding: bytes[(index + 1)...], as: UTF8.self)
            return (String(decoding: bytes[..<index], as: UTF8.self), ref)
        }
        return (text, nil)
    }

    private static func isAddress(_ text: String) -> Bool {
        text.utf8.starts(with: "https://".utf8) || text.utf8.starts(with: "http://".utf8)
    }

    private static func canName(_ text: String) -> Bool {
        if isAddress(text) {
            return parts(text).name.utf8.split(separator: UInt8(ascii: "/")).count >= 4
        }
        let parts = parts(text)
        let names = parts.name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return names.count >= 2 && names.allSatisfy { !$0.isEmpty } && !names[0].contains(UInt8(ascii: ":"))
            && !names[0].elementsEqual(".".utf8) && parts.ref != ""
    }
}

/// An action that a job used in the place of the one that its workflow names.
public struct ReplacedAction: Hashable, Sendable {
    public let from: String
    public let to: String

    public init(from: String, to: String) {
        self.from = from
        self.to = to
    }
}

extension JobDefinition {
    /// The definition with its steps' actions replaced, and which were, each once in the order of the steps.
    ///
    /// - Throws: ``Fault`` for steps that this server did not write.
    public func replacing(
        by table: ActionReplacements
    ) throws(Fault) -> (definition: JobDefinition, replaced: [ReplacedAction]) {
        guard !table.isEmpty else { return (self, []) }
        var replaced: [ReplacedAction] = []
        var changed: [Member] = []
        let key = Array("\"steps\":".utf8)
        for member in job {
            guard case .written(let bytes) = member, bytes.starts(with: key) else {
                changed.append(member)
                continue
            }
            do throws(JSONFault) {
                let steps = try replacedSteps(bytes[key.count...], table, &replaced)
                changed.append(.written(key + steps))
            } catch {
                throw Fault(description: "the job's steps cannot be read: \(error.message)")
            }
        }
        guard !replaced.isEmpty else { return (self, []) }
        var definition = self
        definition.job = changed
        return (definition, replaced)
    }
}

private func replacedSteps(
    _ text: ArraySlice<UInt8>, _ table: ActionReplacements, _ replaced: inout [ReplacedAction]
) throws(JSONFault) -> [UInt8] {
    var steps: [[JSONMember]] = []
    for item in try jsonItems(text) { steps.append(try jsonMembers(item)) }
    var json = JSONWriter()
    var uses: [Int: ReplacedAction] = [:]
    for (index, step) in steps.enumerated() {
        guard let member = step.first(where: { $0.key == "uses" }), member.value.first == UInt8(ascii: "\"") else {
            continue
        }
        let from = try member.text()
        guard let to = table.replacement(of: from), !sameScalars(from, to) else { continue }
        uses[index] = ReplacedAction(from: from, to: to)
        if !replaced.contains(ReplacedAction(from: from, to: to)) {
            replaced.append(ReplacedAction(from: from, to: to))
        }
    }
    json.array { json in
        for (index, step) in steps.enumerated() {
            json.object { json in
                for member in step {
                    json.key(member.key)
                    if member.key == "uses", let action = uses[index] {
                        json.string(action.to)
                    } else {
                        json.member(Array(member.value))
                    }
                }
            }
        }
    }
    return json.bytes
}
