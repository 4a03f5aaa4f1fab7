import ArgumentParser
import Client
import Foundation

/// `millrace exec-step`: what the shims of a job's PATH call (``StepShim``). Not for people.
struct ExecStepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec-step", abstract: "Run a step's shell for `millrace runner`; example: exec-step bash a.sh",
        shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
    var words: [String] = []

    func run() throws {
        guard let program = words.first else { throw ValidationError("name the program to run") }
        throw ExitCode(StepShim.run(program, Array(words.dropFirst())))
    }
}
