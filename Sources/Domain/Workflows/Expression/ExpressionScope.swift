/// Which names an expression may use where it stands (workflows.md 14). All others are errors before anything runs.
struct ExpressionScope: Sendable {
    /// As messages say it.
    let place: String
    let contexts: [String]
    let hasStatusFunctions: Bool
    /// `hashFiles` may stand here. Only the runner has the files.
    var hasFiles = false
    /// `success('build')` asks of jobs by their ids.
    var statusNamesJobs = false

    static let jobCondition = ExpressionScope(
        place: "\"if\" of a job", contexts: ["github", "gitea", "needs", "vars", "inputs"], hasStatusFunctions: true,
        statusNamesJobs: true)
    static let runName = ExpressionScope(
        place: "\"run-name\"", contexts: ["github", "gitea", "vars", "inputs"], hasStatusFunctions: false)
    /// Of a workflow; a job's is `job("concurrency")`.
    static let concurrency = ExpressionScope(
        place: "\"concurrency\"", contexts: ["github", "gitea", "vars", "inputs"], hasStatusFunctions: false)
    static let strategy = ExpressionScope(
        place: "\"strategy\"", contexts: ["github", "gitea", "needs", "vars", "inputs"], hasStatusFunctions: false)
    static let callOutput = ExpressionScope(
        place: "outputs of \"workflow_call\"", contexts: ["github", "gitea", "jobs", "vars", "inputs"],
        hasStatusFunctions: false)
    static let callDefault = ExpressionScope(
        place: "default of an input", contexts: ["github", "gitea", "vars", "inputs"], hasStatusFunctions: false)

    /// Keys that each leg of a matrix evaluates for itself.
    static func job(_ key: String) -> ExpressionScope {
        ExpressionScope(
            place: "\"\(key)\"",
            contexts: ["github", "gitea", "needs", "vars", "inputs", "strategy", "matrix"], hasStatusFunctions: false)
    }
}

/// The functions of the language. Names ignore case.
enum ExpressionFunction: String, CaseIterable, Sendable {
    case contains, startsWith, endsWith, format, join, toJSON, fromJSON
    case choose = "case"
    case success, failure, always, cancelled
    /// Left to the runner, which has the files.
    case hashFiles

    /// ASCII alone, which is all a name can be.
    init?(name: String) {
        let wanted = name.lowercased()
        guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == wanted }) else { return nil }
        self = found
    }

    var isStatus: Bool {
        switch self {
        case .success, .failure, .always, .cancelled: true
        case .contains, .startsWith, .endsWith, .format, .join, .toJSON, .fromJSON, .choose, .hashFiles: false
        }
    }

    /// How many arguments it takes. Of jobs by their ids, `success` and `failure` take more (``ExpressionScope``).
    var arguments: ClosedRange<Int> {
        switch self {
        case .contains, .startsWith, .endsWith: 2...2
        case .format, .hashFiles: 1...255
        case .join: 1...2
        case .toJSON, .fromJSON: 1...1
        case .choose: 3...255
        case .success, .failure, .always, .cancelled: 0...0
        }
    }
}
