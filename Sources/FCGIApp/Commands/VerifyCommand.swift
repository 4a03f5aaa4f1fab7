import ArgumentParser
import Domain
import Foundation
import Postgres
import Server
import Web

/// `millrace verify`: do the invariants hold on what is stored? (DESIGN section 6)
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the stored runs, jobs, tasks and logs against what must hold.",
        discussion: """
            Replays every run's events, compares them with the rows, and runs the queries of sql/checks. Reads only; safe
            beside running instances. Exit 0: all holds; 1: something does not; 3: PostgreSQL could not be reached.
            Example: millrace verify --config millrace.yaml --json
            """)

    @OptionGroup var options: ConfigOption
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        let results: [VerificationResult]
        do {
            let configuration = try options.load()
            let verification = Verification(database: Database(dsn: configuration.databaseDSN, size: 1))
            let showsProgress = !json && isatty(2) == 1
            let checks = try invariantChecks(in: configuration.checksDirectory)
            results =
                try checks.map(verification.run) + [
                    verification.replay { count in
                        if showsProgress { FileHandle.standardError.write(Data("\rreplayed \(count) runs ".utf8)) }
                    }
                ]
            if showsProgress { FileHandle.standardError.write(Data("\n".utf8)) }
        } catch {
            throw CleanExit.status(of: error)
        }
        if json { try sayJSON(VerifyAnswer(results)) } else { say(Self.text(results)) }
        if results.contains(where: { !$0.findings.isEmpty }) { throw ExitCode(1) }
    }

    private static func text(_ results: [VerificationResult]) -> String {
        results.map { result in
            (["\(result.findings.isEmpty ? "holds " : "BROKEN")  \(result.name)"]
                + result.findings.map { "        \($0)" })
                .joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

private struct VerifyAnswer: Encodable {
    struct Check: Encodable {
        let name: String
        let holds: Bool
        let findings: [String]
    }
    let holds: Bool
    let checks: [Check]

    init(_ results: [VerificationResult]) {
        holds = results.allSatisfy(\.findings.isEmpty)
        checks = results.map { Check(name: $0.name, holds: $0.findings.isEmpty, findings: $0.findings) }
    }
}
