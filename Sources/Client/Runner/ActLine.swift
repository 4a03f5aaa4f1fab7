import Foundation

/// One line of `act --json`. Field names as act 0.2.89 writes them (nektos/act `pkg/runner/logger.go`).
struct ActLine: Decodable {
    let level: String?
    package let message: String
    let job: String?
    /// `Pre`, `Main` or `Post`; nil outside steps.
    let stage: String?
    /// The step's id, or its position if it has none; more elements inside a composite action.
    let stepPath: [String]?
    let isOutput: Bool?
    /// A workflow command: its name, argument, and the line as the step wrote it.
    let command: String?
    let argument: String?
    let commandLine: String?
    /// What a step wrote to `$GITHUB_STEP_SUMMARY`, with command `summary`.
    let content: String?
    let stepResult: String?
    let jobResult: String?

    enum CodingKeys: String, CodingKey {
        case level, stage, command, content, stepResult, jobResult
        case message = "msg"
        case job = "jobID"
        case stepPath = "stepID"
        case isOutput = "raw_output"
        case argument = "arg"
        case commandLine = "raw"
    }

    /// Nil for what is not a JSON line of act: its complaints on stderr.
    init?(_ text: String) {
        guard text.hasPrefix("{"), let line = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else {
            return nil
        }
        self = line
    }

    /// Position of the step this line belongs to, of those with the given ids.
    func step(of ids: [String?]) -> Int? {
        guard stage != nil, let name = stepPath?.first else { return nil }
        if let position = ids.firstIndex(of: name) { return position }
        return Int(name).flatMap { ids.indices.contains($0) ? $0 : nil }
    }

    /// What a person should read of this line; nil for act's own bookkeeping.
    var rows: [String] {
        if command == "add-mask" { return ["::add-mask::***"] }
        if command == "summary" { return [] }
        if command != nil { return commandLine.map(lines) ?? [] }
        return isOutput == true || isFault || forgivesFailure || (stage == nil && !isGitNoise) ? lines(message) : []
    }

    /// The step of this line is really being run: act also writes lines of a step before it looks at its `if`.
    var beginsStep: Bool { isOutput == true || isFault || message.hasPrefix("\u{2B50} Run ") }

    /// The step failed, and `continue-on-error` makes that a success.
    var forgivesFailure: Bool { isOutput != true && message == "Failed but continue next step" }

    private var isFault: Bool { level == "error" && !isGitNoise }

    /// act looks for values it was given in a repository too, and complains in every step when there is none.
    private var isGitNoise: Bool {
        isOutput != true
            && (message.hasSuffix("not located inside a git repository") || message.hasPrefix("unable to get git "))
    }

    private func lines(_ text: String) -> [String] {
        var parts = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts.last == "" { parts.removeLast() }
        return parts.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 }
    }
}
