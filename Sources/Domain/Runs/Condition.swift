/// What becomes of a job whose needs are all done.
public enum ConditionVerdict: Equatable, Sendable {
    case run
    case skip
    /// The job fails, with this message: waiting would not make the expression better (runner.md 4.5).
    case cannotEvaluate(String)
}

/// What the conditions and deferred jobs of a run may ask about, beside the jobs that they need.
public struct RunValues: Sendable {
    /// Also the context `gitea`.
    public let github: ExpressionValue
    public let vars: ExpressionValue
    /// Of a dispatch, by the types that the workflow declares.
    public let inputs: ExpressionValue

    public init(
        github: ExpressionValue, vars: ExpressionValue = .object([]), inputs: ExpressionValue = .object([])
    ) {
        self.github = github
        self.vars = vars
        self.inputs = inputs
    }

    /// When nothing asks.
    public static let unasked = RunValues(github: .null)
}

/// What a job's `if` may ask about.
public struct ConditionFacts: Sendable {
    /// Also the context `gitea`.
    public let github: ExpressionValue
    public let vars: ExpressionValue
    public let inputs: ExpressionValue
    /// The jobs named in `needs`, if the condition reads them (`conditionReadsNeeds`). The legs of a matrix are one, with
    /// one result and one set of outputs.
    public let needs: [NeedResult]
    /// All jobs that are needed, directly or through others, succeeded.
    public let success: Bool
    /// One of them failed.
    public let failure: Bool
    public let isCancelled: Bool

    public init(
        github: ExpressionValue, vars: ExpressionValue = .object([]), inputs: ExpressionValue = .object([]),
        needs: [NeedResult], success: Bool, failure: Bool, isCancelled: Bool
    ) {
        self.github = github
        self.vars = vars
        self.inputs = inputs
        self.needs = needs
        self.success = success
        self.failure = failure
        self.isCancelled = isCancelled
    }
}

/// Does a job run whose needs are all done?
///
/// - Parameter condition: the text of `if`; nil or blank means `success()`.
/// - Source: workflows.md 10.
public func conditionVerdict(_ condition: String?, _ facts: ConditionFacts) -> ConditionVerdict {
    let parsed: JobCondition
    do throws(ExpressionFault) {
        parsed = try JobCondition(condition ?? "")
    } catch {
        return .cannotEvaluate(error.message)
    }
    // success() && (expr): what is not asked for is not evaluated.
    guard facts.success || parsed.asksForStatus else { return .skip }
    guard let template = parsed.template else { return .run }
    let status = ExpressionContexts.Status(
        success: facts.success, failure: facts.failure, cancelled: facts.isCancelled)
    let contexts = ExpressionContexts(
        [
            "github": facts.github, "gitea": facts.github, "vars": facts.vars, "inputs": facts.inputs,
            "needs": needsContext(facts.needs),
        ],
        status: status)
    var budget = ExpressionBudget()
    do throws(EvaluationFault) {
        return try template.value(in: contexts, &budget).isTruthy ? .run : .skip
    } catch {
        return .cannotEvaluate(error.message)
    }
}

/// Whether a condition asks for the needed jobs' results or outputs, which may be megabytes: known from its parsed form, since
/// `toJSON(needs)` names no output and asks for all of them. One that cannot be parsed asks for nothing.
public func conditionReadsNeeds(_ condition: String?) -> Bool {
    guard let condition, let parsed = try? JobCondition(condition) else { return false }
    return parsed.readsNeeds
}

/// Whether a condition asks how things went (`always()`, `failure()`, `cancelled()`, `success()`): without that, a job runs
/// only after success. One that cannot be parsed asks for nothing.
func conditionAsksForStatus(_ condition: String?) -> Bool {
    guard let condition, let parsed = try? JobCondition(condition) else { return false }
    return parsed.asksForStatus
}

/// The context `needs`.
func needsContext(_ needs: [NeedResult]) -> ExpressionValue {
    .object(
        needs.map { need in
            let outputs = need.outputs.map { (key: $0.name, value: ExpressionValue.string($0.value)) }
            let value = ExpressionValue.object([
                (key: "result", value: .string("\(need.result)")),  // the cases are the protocol's words
                (key: "outputs", value: .object(outputs)),
            ])
            return (key: need.key, value: value)
        })
}

/// The `if` of a job, parsed: with or without `${{ }}`, and with text around it, which makes it a string.
struct JobCondition {
    /// Nil when it is blank.
    let template: Template?
    /// Without a status function in it, `success()` goes before it.
    let asksForStatus: Bool
    /// The context `needs` is in it.
    let readsNeeds: Bool
    /// Text outside of `${{ }}` makes any result a non-empty string, so it always holds.
    let isConstant: Bool

    init(_ text: String) throws(ExpressionFault) {
        let isBlank = text.allSatisfy(\.isWhitespace)
        if isBlank {
            template = nil
        } else if hasExpression(text) {
            template = try Template(text, .jobCondition)
        } else {
            template = Template(lone: try parseExpression(text, .jobCondition))
        }
        let expressions = template?.expressions ?? []
        asksForStatus = expressions.contains { $0.contains(where: \.isStatusCall) }
        readsNeeds = expressions.contains {
            $0.contains(where: { node in
                switch node {
                case .context("needs"): true
                case .call(let function, let jobs): function.isStatus && !jobs.isEmpty
                default: false
                }
            })
        }
        isConstant = template?.hasText ?? false
    }
}
