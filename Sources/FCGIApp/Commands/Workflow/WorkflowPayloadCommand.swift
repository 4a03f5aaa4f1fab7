import ArgumentParser
import Domain

/// What runners would get of a file.
struct WorkflowPayloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payload", abstract: "Print what runners get of a workflow file.",
        discussion: """
            A JSON list of texts, one a job and matrix combination, each a workflow with that job alone. Exit 1 when the file has \
            an error. Example: millrace workflow payload ci.yml
            """)
    @OptionGroup var event: OutlineEventOptions
    @Argument(help: "The workflow file; - is standard input.") var file: String

    func run() throws {
        let outline: WorkflowOutline
        do {
            outline = try WorkflowOutline(try InputFile.bytes(file), path: file, event: try event.outlineEvent())
        } catch let fault as CaseFault {
            throw CleanExit.problem(fault.message)
        }
        guard outline.errors.isEmpty else {
            complain(outline.errors.map(\.description).joined(separator: "\n"))
            throw ExitCode(1)
        }
        say(harmlessJSON(outline.payloads))
    }
}
