import ArgumentParser
import Domain
import Foundation

/// Everything about workflow files that needs no server.
struct WorkflowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow", abstract: "Look at workflow files; needs no server.",
        discussion: "Example: millrace workflow check .gitea/workflows/*.yml",
        subcommands: [
            WorkflowCheckCommand.self, WorkflowPlanCommand.self, WorkflowPayloadCommand.self, WorkflowEvalCommand.self,
            WorkflowTableCommand.self,
        ])
}

/// The event that a file is planned for.
struct OutlineEventOptions: ParsableArguments {
    @Option(help: "The event: push, pull_request, workflow_dispatch …; with --inputs workflow_dispatch, else push.")
    var event: String?
    @Option(help: "The ref of the event; a short name means a branch.")
    var ref = "refs/heads/main"
    @Option(
        parsing: .upToNextOption,
        help: "Inputs of a dispatch: NAME=VALUE …, or one JSON object.")
    var inputs: [String] = []
    @Option(help: "A file with the event's webhook payload as JSON (github.event).")
    var payload: String?
    @Option(help: "A file with variables as a JSON object (vars).")
    var vars: String?

    func outlineEvent() throws -> WorkflowOutline.Event {
        let given = try inputs.flatMap(Self.inputs)
        let name = event ?? (inputs.isEmpty ? EventName.push : .workflowDispatch).rawValue
        var outline = WorkflowOutline.Event(name: name, ref: ref, inputs: given)
        if let payload { outline.payload = String(decoding: try InputFile.bytes(payload), as: UTF8.self) }
        if let vars { outline.vars = String(decoding: try InputFile.bytes(vars), as: UTF8.self) }
        return outline
    }

    private static func inputs(_ text: String) throws -> [(name: String, text: String)] {
        if text.first == "{" {
            guard case .object(let object)? = try? ExpressionValue(json: text) else {
                throw CleanExit.problem("--inputs \"\(text)\" is no JSON object")
            }
            return object.pairs.map { ($0.key, $0.value.text) }
        }
        guard let equals = text.firstIndex(of: "=") else {
            throw CleanExit.problem("--inputs \"\(text)\" is neither NAME=VALUE nor a JSON object")
        }
        return [(String(text[..<equals]), String(text[text.index(after: equals)...]))]
    }
}

/// A file that a command reads; `-` is standard input.
enum InputFile {
    /// Bytes that are read of one file: more than any limit behind it, so that the limit is what is told.
    private static let bytesMax = 32 * 1024 * 1024

    static func bytes(_ path: String) throws -> [UInt8] {
        let file: FileHandle
        if path == "-" {
            file = .standardInput
        } else {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw CleanExit.problem("there is no file \"\(path)\"")
            }
            guard !isFolder.boolValue, let opened = FileHandle(forReadingAtPath: path) else {
                throw CleanExit.problem("file \"\(path)\" cannot be read")
            }
            file = opened
        }
        var bytes: [UInt8] = []
        while bytes.count <= bytesMax, let part = try file.read(upToCount: 1024 * 1024), !part.isEmpty {
            bytes.append(contentsOf: part)
        }
        guard bytes.count <= bytesMax else {
            throw CleanExit.problem("file \"\(path)\" has more than \(bytesMax) bytes")
        }
        return bytes
    }
}
