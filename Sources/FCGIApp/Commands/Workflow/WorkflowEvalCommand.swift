import ArgumentParser
import Domain

/// The value of one expression.
struct WorkflowEvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Evaluate an expression and print its value as JSON.",
        discussion: """
            The expression stands with or without ${{ }}. Exit 1 when it has no value. Example: \
            millrace workflow eval "contains(github.ref, 'main')" --contexts contexts.json
            """)
    @Option(
        help: "A file with a JSON object: its keys are the contexts that the expression may read; - is standard input.")
    var contexts: String?
    @Argument(help: "The expression.") var expression: String

    func run() throws {
        let known = try contexts.map { String(decoding: try InputFile.bytes($0), as: UTF8.self) } ?? "{}"
        let answer: String
        do throws(CaseFault) {
            answer = try evaluation(of: expression, contexts: known)
        } catch {
            throw CleanExit.problem(error.message)
        }
        say(harmlessJSON(answer))
    }
}
