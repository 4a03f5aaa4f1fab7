/// `environment` of a job, evaluated: a name, and the address that is shown for it.
public struct PlannedEnvironment: Equatable, Sendable {
    public let name: String
    /// "" when there is none, or only the runner can evaluate it.
    public let url: String

    public init(name: String, url: String) {
        self.name = name
        self.url = url
    }
}

/// `environment` of a job as written, and what its expressions see of the leg: evaluated when the job's needs are done.
public struct JobEnvironment: Equatable, Sendable {
    let name: String
    let url: String
    /// Contexts of the leg.
    let matrix: ExpressionValue
    let strategy: ExpressionValue

    static let scope = ExpressionScope.job("environment")

    init(_ texts: EnvironmentTexts, _ contexts: LegContexts) {
        name = texts.name
        url = texts.url
        let isEvaluated = hasExpression(texts.name) || hasExpression(texts.url)
        matrix = isEvaluated ? contexts.matrix : .null
        strategy = isEvaluated ? contexts.strategy : .null
    }

    /// Outputs must be loaded for it.
    var readsNeeds: Bool {
        [name, url].contains { text in
            ((try? Template(text, Self.scope))?.expressions ?? []).contains { expression in
                expression.contains { if case .context("needs") = $0 { true } else { false } }
            }
        }
    }

    /// Nil for an empty name: no environment at all. An address that the server cannot evaluate (it reads `steps`) is left out.
    ///
    /// - Throws: the words of what is wrong with the name.
    func evaluated(
        _ values: RunValues, needs: [NeedResult], _ budget: inout ExpressionBudget
    ) throws(EnvironmentFault) -> PlannedEnvironment? {
        let contexts = ExpressionContexts([
            "github": values.github, "gitea": values.github, "vars": values.vars, "inputs": values.inputs,
            "needs": needsContext(needs), "matrix": matrix, "strategy": strategy,
        ])
        let value: ExpressionValue
        do {
            value = try Template(name, Self.scope).value(in: contexts, &budget)
        } catch let fault as ExpressionFault {
            throw EnvironmentFault(words: fault.message)
        } catch let fault as EvaluationFault {
            throw EnvironmentFault(words: fault.message)
        } catch {
            throw EnvironmentFault(words: "\(error)")
        }
        guard value.isPrimitive else { throw EnvironmentFault(words: "its name must be a string") }
        let text = value.text
        if text.isEmpty { return nil }
        if let why = whyNoEnvironmentName(text) { throw EnvironmentFault(words: why) }
        let address = (try? Template(url, Self.scope).value(in: contexts, &budget))?.text ?? ""
        let isShown = address.utf8.count <= EnvironmentLimits.urlBytesMax && !hasNUL(address)
        return PlannedEnvironment(name: text, url: isShown ? address : "")
    }

    // MARK: stored form

    /// `{"name":…,"url":…,"matrix":…,"strategy":…}`
    public var stored: String {
        var json = JSONWriter()
        json.object { json in
            json.key("name")
            json.string(name)
            json.key("url")
            json.string(url)
            for (key, value) in [("matrix", matrix), ("strategy", strategy)] {
                json.key(key)
                json.literal((try? value.json(bytesMax: WorkflowLimits.jobPayloadBytesMax)) ?? "null")
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Reads what ``stored`` wrote; nil for anything else.
    public init?(stored: String) {
        guard case .object(let parts)? = try? ExpressionValue(json: stored),
            case .string(let name)? = parts["name"], case .string(let url)? = parts["url"]
        else { return nil }
        self.name = name
        self.url = url
        matrix = parts["matrix"] ?? .null
        strategy = parts["strategy"] ?? .null
    }

    public static func == (one: JobEnvironment, other: JobEnvironment) -> Bool { one.stored == other.stored }
}

/// Why an `environment` names none, in words.
struct EnvironmentFault: Error, Equatable {
    let words: String
}

extension JobSnapshot {
    /// Its environment is evaluated as soon as it may start.
    var asksForGate: Bool { state == .blocked && environment != nil && gate == nil }
}
