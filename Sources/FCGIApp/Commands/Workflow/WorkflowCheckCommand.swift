import ArgumentParser
import Domain
import Foundation
import Web

/// Reads files as a push would be read.
struct WorkflowCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what is wrong with workflow files.",
        discussion: """
            Prints a line a diagnostic, as compilers do: FILE:LINE:COLUMN: MESSAGE [CODE]; warnings say so. Exit 1 when a file \
            has an error. Example: millrace workflow check .gitea/workflows/ci.yml
            """)
    @Flag(help: "Print one JSON object a file, each on a line.") var json = false
    @Flag(help: "Print annotations as workflow commands (::error file=…), for a step of a workflow.") var github = false
    @Flag(help: "Say also how many jobs each file makes, and what planning them takes.") var verbose = false
    @Argument(help: "Workflow files; - is standard input.") var files: [String]

    func validate() throws {
        guard !(json && github) else { throw ValidationError("--json and --github exclude each other") }
    }

    func run() throws {
        var hasError = false
        for path in files {
            let bytes = try InputFile.bytes(path)
            let began = Clock.monotonicMicroseconds()
            let outline = try WorkflowOutline(bytes, path: path)
            let micros = Clock.monotonicMicroseconds() - began
            hasError = hasError || !outline.errors.isEmpty
            if json {
                try sayJSON(CheckAnswer(outline, microseconds: micros))
                continue
            }
            for remark in outline.reading.diagnostics {
                if github {
                    say(remark.annotation)
                } else {
                    say(remark.severity == .warning ? "\(remark.place): warning: \(remark.words)" : remark.description)
                }
            }
            if verbose {
                say(
                    "\(path): \(outline.jobs.count) jobs, \(outline.reading.steps) of \(PlanningLimits.fileStepsMax) planning steps"
                )
            }
        }
        if hasError { throw ExitCode(1) }
    }
}

extension Diagnostic {
    fileprivate var place: String { "\(path):\(line):\(column)" }
    fileprivate var words: String { "\(message) [\(code)]" }
}

/// What was found in one file.
private struct CheckAnswer: Encodable {
    struct Remark: Encodable {
        let severity: String
        let line: Int
        let col: Int
        let code: String
        let message: String
    }
    let path: String
    let ok: Bool
    let jobs: Int
    let payload_bytes: Int
    let steps: Int
    let steps_max: Int
    let microseconds: Int64
    let diagnostics: [Remark]

    init(_ outline: WorkflowOutline, microseconds: Int64) {
        path = outline.path
        ok = outline.errors.isEmpty
        jobs = outline.jobs.count
        payload_bytes = outline.jobs.reduce(0) { $0 + $1.payload.count }
        steps = outline.reading.steps
        steps_max = PlanningLimits.fileStepsMax
        self.microseconds = microseconds
        diagnostics = outline.reading.diagnostics.map {
            Remark(
                severity: $0.severity.rawValue, line: $0.line, col: $0.column, code: $0.code, message: $0.message)
        }
    }
}
