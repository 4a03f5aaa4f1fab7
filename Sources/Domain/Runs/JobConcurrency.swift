/// `concurrency` of a job as written, and what its expressions see of the leg: evaluated when the job's needs are done.
public struct JobConcurrency: Equatable, Sendable {
    /// Texts with `${{ }}`; a boolean as `true` or `false`.
    let group: String
    let cancels: String
    let queue: String
    /// Contexts of the leg, each null when nothing reads it.
    let matrix: ExpressionValue
    let strategy: ExpressionValue

    static let scope = ExpressionScope.job("concurrency")

    init(_ texts: ConcurrencyTexts, _ contexts: LegContexts) {
        group = texts.group
        cancels = texts.cancels
        queue = texts.queue
        matrix = texts.reads("matrix", Self.scope) ? contexts.matrix : .null
        strategy = texts.reads("strategy", Self.scope) ? contexts.strategy : .null
    }

    var texts: ConcurrencyTexts { ConcurrencyTexts(group: group, cancels: cancels, queue: queue) }
    /// The context `needs` is in it, so that outputs must be loaded.
    var readsNeeds: Bool { texts.reads("needs", Self.scope) }

    /// The group that it names, or why it names none that can be.
    ///
    /// - Parameter budget: of the whole decision: a matrix has 256 legs.
    func verdict(
        _ values: RunValues, needs: [NeedResult], _ budget: inout ExpressionBudget
    ) -> GroupVerdict {
        let contexts = ExpressionContexts([
            "github": values.github, "gitea": values.github, "vars": values.vars, "inputs": values.inputs,
            "needs": needsContext(needs), "matrix": matrix, "strategy": strategy,
        ])
        func value(_ text: String) throws -> ExpressionValue {
            try Template(text, Self.scope).value(in: contexts, &budget)
        }
        do {
            return groupVerdict(group: try value(group), cancels: try value(cancels), queue: try value(queue))
        } catch let fault as ExpressionFault {
            return .fault(fault.message)
        } catch let fault as EvaluationFault {
            return .fault(fault.message)
        } catch {
            return .fault("\(error)")
        }
    }

    // MARK: stored form

    /// `{"group":…,"cancels":…,"queue":…,"matrix":…,"strategy":…}`
    public var stored: String {
        var json = JSONWriter()
        json.object { json in
            for (key, text) in [("group", group), ("cancels", cancels), ("queue", queue)] {
                json.key(key)
                json.string(text)
            }
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
            case .string(let group)? = parts["group"], case .string(let cancels)? = parts["cancels"],
            case .string(let queue)? = parts["queue"]
        else { return nil }
        self.group = group
        self.cancels = cancels
        self.queue = queue
        matrix = parts["matrix"] ?? .null
        strategy = parts["strategy"] ?? .null
    }

    public static func == (one: JobConcurrency, other: JobConcurrency) -> Bool { one.stored == other.stored }
}

/// Where a job stands with the concurrency group that it names, once its needs are done.
public enum JobPlace: Equatable, Sendable {
    /// It has no turn yet (`RunScript.enter`).
    case wanted(PlannedGroup)
    case pending(GroupID)
    /// Nothing of its group holds it back.
    case held(GroupID)

    /// The group that it is a member of.
    var group: GroupID? {
        switch self {
        case .wanted: nil
        case .pending(let group), .held(let group): group
        }
    }
}

extension JobSnapshot {
    /// Its group is evaluated as soon as it may start.
    var asksForGroup: Bool { state == .blocked && concurrency != nil && place == nil }
}

/// What the values of `concurrency` come to.
enum GroupVerdict: Equatable {
    /// An empty name: no group at all.
    case none
    case group(PlannedGroup)
    case fault(String)
}

/// - Source: workflows.md 12.
func groupVerdict(group: ExpressionValue, cancels: ExpressionValue, queue: ExpressionValue) -> GroupVerdict {
    guard group.isPrimitive else { return .fault("\"group\" must be a string, not an array or an object") }
    let name = group.text
    if name.isEmpty { return .none }
    if hasNUL(name) { return .fault("\"group\" has a NUL character") }
    guard let cancelsInProgress = flag(cancels) else {
        return .fault("\"cancel-in-progress\" must be a boolean, not \"\(quoted(cancels.text))\"")
    }
    var planned = PlannedGroup(name: name, cancelsInProgress: cancelsInProgress)
    let bytes = max(name.utf8.count, planned.key.utf8.count)
    guard bytes <= ConcurrencyLimits.nameBytesMax else {
        return .fault(
            "the name of the group has \(bytes) bytes; at most \(ConcurrencyLimits.nameBytesMax) are allowed")
    }
    switch queue.text {
    case "", "single": break
    case "max" where cancelsInProgress:
        return .fault("\"queue: max\" keeps all, \"cancel-in-progress\" cancels; choose one")
    case "max": planned.queuesAll = true
    default: return .fault("\"queue\" must be \"single\" or \"max\", not \"\(quoted(queue.text))\"")
    }
    return .group(planned)
}

/// Also the text of a boolean, which `vars` and inputs of type string have; what is empty is false.
private func flag(_ value: ExpressionValue) -> Bool? {
    switch value {
    case .bool(let flag): flag
    case .null: false
    case .string("true"): true
    case .string("false"), .string(""): false
    case .number, .string, .array, .object: nil
    }
}
