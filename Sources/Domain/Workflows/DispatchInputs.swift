public enum DispatchLimits {
    /// Inputs that one dispatch may give (workflows.md 6, GitHub's number).
    public static let inputsMax = 25
    /// Bytes of all inputs, names and values together (GitHub's number).
    public static let inputsBytesMax = 65_535
}

/// Why the inputs of a dispatch are not taken, in words for the caller.
public struct DispatchRefusal: Error, Equatable, Sendable {
    public let words: String
    init(_ words: String) { self.words = words }
}

/// The inputs that a dispatch gives its workflow: every declared one, in the order of the file, those that were not sent with
/// their default. All are texts; `inputs` has them by their types later.
///
/// Of what is not declared nothing is kept, as in Gitea; GitHub refuses it.
///
/// - Source: rest.md 5, workflows.md 6.
public func dispatchInputs(
    _ sent: [String: String], declared: [DispatchInput]
) throws(DispatchRefusal) -> [RepositoryEvent.WorkflowDispatch.Input] {
    guard declared.count <= DispatchLimits.inputsMax else {
        throw DispatchRefusal(
            "the workflow declares \(declared.count) inputs; at most \(DispatchLimits.inputsMax) are allowed")
    }
    let bytes = sent.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard bytes <= DispatchLimits.inputsBytesMax else {
        throw DispatchRefusal("the inputs have \(bytes) bytes; at most \(DispatchLimits.inputsBytesMax) are taken")
    }
    var inputs: [RepositoryEvent.WorkflowDispatch.Input] = []
    for input in declared {
        // A text that is equal by Unicode's rules but has other bytes is another name.
        let given = sent.first { sameScalars($0.key, input.name) }?.value
        inputs.append(.init(name: input.name, text: try value(of: input, given)))
    }
    return inputs
}

private func value(of input: DispatchInput, _ given: String?) throws(DispatchRefusal) -> String {
    guard let given, !given.isEmpty else {
        if input.isRequired, (input.fallback ?? "").isEmpty {
            throw DispatchRefusal("input \"\(input.name)\" is required and has no default")
        }
        return given ?? input.fallback ?? (input.kind == .boolean ? "false" : "")
    }
    guard !hasNUL(given) else { throw DispatchRefusal("input \"\(input.name)\" holds the character U+0000") }
    switch input.kind {
    case .string, .environment: return given
    case .boolean:
        guard given == "true" || given == "false" else {
            throw DispatchRefusal("input \"\(input.name)\" is a boolean: send true or false")
        }
    case .number:
        guard ExpressionValue.string(given).number.isFinite else {
            throw DispatchRefusal("input \"\(input.name)\" is a number, and what was sent is none")
        }
    case .choice:
        guard input.options.contains(where: { sameScalars($0, given) }) else {
            throw DispatchRefusal(
                "input \"\(input.name)\" must be one of \(input.options.map { "\"\($0)\"" }.joined(separator: ", "))")
        }
    }
    return given
}

/// The webhook payload of a dispatch, `github.event` (workflows.md 6).
public struct DispatchPayload: Encodable, Sendable {
    struct Sender: Encodable {
        let login: String
        let username: String
    }
    let inputs: JSONVerbatim
    let ref: String
    let workflow: String
    let repository: JSONVerbatim
    let sender: Sender

    /// - Parameters:
    ///   - ref: the whole one.
    ///   - workflow: the file's whole path.
    ///   - repository: as the API shows it.
    public init(
        inputs: [RepositoryEvent.WorkflowDispatch.Input], ref: String, workflow: String, repository: JSONVerbatim,
        sender: String
    ) {
        var json = JSONWriter()
        json.object { json in
            for input in inputs {
                json.key(input.name)
                json.string(input.text)
            }
        }
        self.inputs = JSONVerbatim(String(decoding: json.bytes, as: UTF8.self))
        self.ref = ref
        self.workflow = workflow
        self.repository = repository
        self.sender = Sender(login: sender, username: sender)
    }
}
