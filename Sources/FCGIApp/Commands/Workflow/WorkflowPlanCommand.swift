import ArgumentParser
import Domain

/// The jobs that a file makes of an event.
struct WorkflowPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "List the jobs that a workflow file makes of an event.",
        discussion: """
            One entry a job and matrix combination, in order. A job whose matrix, name or labels read "needs" is one entry with \
            the text as written. Exit 1 when the file has an error; with --json that is told on standard output too. Example: \
            millrace workflow plan ci.yml --event push --ref refs/heads/main --json
            """)
    @OptionGroup var event: OutlineEventOptions
    @Flag(help: "Print one JSON object.") var json = false
    @Argument(help: "The workflow file; - is standard input.") var file: String

    func run() throws {
        let outline: WorkflowOutline
        do {
            outline = try WorkflowOutline(
                try InputFile.bytes(file), path: file, event: try event.outlineEvent(), makesPayloads: false)
        } catch {
            // Whoever reads JSON finds it there, whatever went wrong; the words for people are on standard error.
            if json {
                say(
                    WorkflowOutline.refusal(
                        "\((error as? CaseFault)?.message ?? "the file or the event cannot be read")", path: file))
            }
            throw (error as? CaseFault).map { CleanExit.problem($0.message) } ?? error
        }
        if json {
            say(harmlessJSON(outline.json))
        } else {
            outline.reading.diagnostics.forEach { say($0.description) }
            for job in outline.jobs {
                let needs = job.needs.isEmpty ? "" : ", needs \(job.needs.joined(separator: ", "))"
                let labels = job.isCall ? "calls a workflow" : "on [\(job.runsOn.joined(separator: ", "))]"
                say("\(job.key)\t\(job.name)\t\(labels)\(needs)")
            }
        }
        if !outline.errors.isEmpty { throw ExitCode(1) }
    }
}
