import ArgumentParser
import Domain
import Foundation
import Web

struct WorkflowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow", abstract: "Look at workflow files.", subcommands: [Check.self])

    /// Reads files as a push would be read; needs no server.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a push would make of workflow files.",
            discussion: """
                Diagnostics with file, line and column, and how many of the planning steps that a file may take it takes.
                Exit 1 when a file has an error. Example: millrace workflow check .gitea/workflows/ci.yml
                """)
        @Flag(help: "Print one JSON object a file, each on a line.") var json = false
        @Argument(help: "Workflow files.") var files: [String]

        func run() throws {
            var hasError = false
            for path in files {
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw CleanExit.problem("could not read \"\(path)\"")
                }
                let began = Clock.monotonicMicroseconds()
                let file = WorkflowFile(Array(data), path: path)
                let reading = file.reading(Self.sample)
                let micros = Clock.monotonicMicroseconds() - began
                let errors = reading.diagnostics.filter { $0.severity == .error }
                hasError = hasError || !errors.isEmpty
                let jobs = reading.workflow?.jobs ?? []
                guard json else {
                    say(
                        (reading.diagnostics.map(\.description) + [
                            "\(path): \(jobs.count) jobs, \(reading.steps) of \(PlanningLimits.fileStepsMax) planning steps"
                        ]).joined(separator: "\n"))
                    continue
                }
                try sayJSON(
                    CheckAnswer(
                        path: path, jobs: jobs.count, payload_bytes: jobs.reduce(0) { $0 + $1.payload.count },
                        steps: reading.steps, steps_max: PlanningLimits.fileStepsMax, microseconds: micros,
                        diagnostics: reading.diagnostics.map(\.description)))
            }
            if hasError { throw ExitCode(1) }
        }

        /// A push to `main` as expressions see it.
        private static var sample: PlanContexts {
            let facts = RunContext(
                run: RunID(1), runNumber: 1, attempt: 1, event: "push", ref: "refs/heads/main",
                sha: String(repeating: "0", count: 40), workflowID: "ci.yml", workflowPath: ".gitea/workflows/ci.yml",
                actor: "you", triggeringActor: "you", repositoryOwner: "you", repositoryName: "app")
            let github = githubValue(facts, base: "http://localhost", event: #"{"head_commit":{"message":"Change"}}"#)
            return PlanContexts(github: github, vars: .object([]), inputs: .object([]))
        }
    }
}

/// What was found in one file.
private struct CheckAnswer: Encodable {
    let path: String
    let jobs: Int
    let payload_bytes: Int
    let steps: Int
    let steps_max: Int
    let microseconds: Int64
    let diagnostics: [String]
}
