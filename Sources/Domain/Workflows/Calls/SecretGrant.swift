/// Which of its repository's secrets a job is given. The jobs of a called workflow get what their caller passes on, under the
/// names that it chooses (workflows.md 13).
public enum SecretGrant: Equatable, Sendable {
    case all
    /// Names are upper case; a name that two items have counts once, the last.
    case these([Item])

    public struct Item: Equatable, Sendable {
        /// As the job sees it.
        public let name: String
        /// As the repository has it.
        public let source: String

        public init(name: String, source: String) {
            self.name = name
            self.source = source
        }
    }

    /// What a called workflow gets of it.
    func passed(by call: CallSecrets) -> SecretGrant {
        switch (call, self) {
        case (.inherit, _): self
        case (.these(let wanted), .all): .these(wanted)
        case (.these(let wanted), .these(let have)):
            .these(
                wanted.compactMap { item in
                    have.last { $0.name == item.source }.map { Item(name: item.name, source: $0.source) }
                })
        }
    }

    /// The secrets of a job, by the names under which it sees them.
    ///
    /// - Parameter secrets: of its repository, by upper-case names, each once.
    public func names(of secrets: [String]) -> [(name: String, source: String)] {
        switch self {
        case .all: return secrets.map { ($0, $0) }
        case .these(let items):
            let known = Set(secrets)
            var seen: Set<String> = []
            return items.reversed().filter { known.contains($0.source) && seen.insert($0.name).inserted }
                .reversed().map { ($0.name, $0.source) }
        }
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .all: json.literal("true")
        case .these(let items):
            json.array { json in
                for item in items {
                    json.array { json in
                        json.string(item.name)
                        json.string(item.source)
                    }
                }
            }
        }
    }

    init(stored value: ExpressionValue) throws(JSONFault) {
        guard case .array(let array) = value else {
            self = .all
            return
        }
        self = .these(
            try array.items.map { (item) throws(JSONFault) in
                guard case .array(let pair) = item, pair.items.count == 2 else {
                    throw JSONFault(message: "a list of pairs expected")
                }
                return Item(name: pair.items[0].text, source: pair.items[1].text)
            })
    }
}

/// `secrets` of a job that calls a workflow.
enum CallSecrets: Equatable, Sendable {
    case inherit
    case these([SecretGrant.Item])
}
