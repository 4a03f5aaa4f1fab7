import ArgumentParser
import Domain
import Foundation

/// Cases in, answers out, for those who compare implementations of the language.
struct WorkflowTableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Answer cases about expressions, patterns, matrices or triggers.",
        discussion: """
            Reads JSON lines from standard input and writes one JSON line for each, in order and at once. A case that cannot be \
            read or has no answer gives {"error":"…"}. Cases:
              expr      {"expr":"…","contexts":{…}} → {"json":"…"}
              patterns  {"mode":"include"|"ignore","patterns":["…"],"inputs":["…"]} → {"pass":true}
              matrix    {"matrix":"YAML"} → {"combos":[{…}],"names":["job (1)"]}
              triggers  {"on":"YAML","event":{"event":"push","ref":"…","files":["…"],"message":"…","action":"…","base_ref":"…",\
            "title":"…","deleted":false,"workflow":"…","head_branch":"…"}} → {"run":true}
            """)
    @Argument(help: "expr, patterns, matrix or triggers.") var table: LanguageTable

    func run() throws {
        while let line = readLine() {
            say(harmlessJSON(table.answer(line)))
            fflush(nil)
        }
    }
}

extension LanguageTable: ExpressibleByArgument {}
