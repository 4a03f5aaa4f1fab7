import ArgumentParser
import Client
import Domain
import Foundation
import Postgres
import Server
import Web

/// `millrace scrub`: are the bytes on disk still those that were uploaded?
struct ScrubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub", abstract: "Read stored artifacts again and compare them with their digests.",
        discussion: """
            Bytes that changed are never served again; the artifacts they belong to are named. Safe beside running instances.
            Exit 0: all sound; 1: something is damaged; 3: PostgreSQL could not be reached.
            Example, nightly: millrace scrub --not-since 30d
            """)

    @OptionGroup var options: ConfigOption
    @Option(help: "Pass over what was read within this time, such as 30d (default: read everything).")
    var notSince: String?
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        var seconds: Int64 = 0
        if let notSince {
            guard let read = Quantity.seconds(notSince), (0...3_153_600_000).contains(read) else {
                throw ValidationError("--not-since is \"\(notSince)\"; it must be a time such as 30d")
            }
            seconds = Int64(read)
        }
        let report: Scrub.Report
        do {
            let app = try App(configuration: try options.load(), instance: "cli")
            let meter = ProgressMeter("scrub", total: try app.blobs.totalBytes(), isShown: !json && isatty(2) == 1)
            defer { meter.end() }
            report = try Scrub(app: app).run(
                checkedBefore: Instant(microseconds: Clock.nowMicroseconds()).adding(seconds: -seconds),
                progress: meter.add)
        } catch {
            throw CleanExit.status(of: error)
        }
        if json { try sayJSON(ScrubAnswer(report)) } else { say(Self.text(report)) }
        if !report.findings.isEmpty { throw ExitCode(1) }
    }

    private static func text(_ report: Scrub.Report) -> String {
        let findings = report.findings.map { finding in
            "DAMAGED  blob \(finding.blob.id) (\(finding.blob.digest.labelled)) \(finding.what): "
                + (finding.artifacts.isEmpty ? "no artifact" : finding.artifacts.joined(separator: ", "))
        }
        return
            (findings + [
                "\(report.blobs) blobs read, \(sizeWords(report.bytes)); \(report.findings.count) damaged",
                "\(sizeWords(report.unnamedBytes)) are named by no row, \(sizeWords(report.staleBytes)) of them for over an hour",
            ]).joined(separator: "\n")
    }
}

private struct ScrubAnswer: Encodable {
    struct Damage: Encodable {
        let blob: Int64
        let digest: String
        let what: String
        let artifacts: [String]
    }
    let blobs: Int
    let bytes: Int64
    let unnamed_bytes: Int64
    let stale_bytes: Int64
    let damaged: [Damage]

    init(_ report: Scrub.Report) {
        blobs = report.blobs
        bytes = report.bytes
        unnamed_bytes = report.unnamedBytes
        stale_bytes = report.staleBytes
        damaged = report.findings.map {
            Damage(
                blob: $0.blob.id.number, digest: $0.blob.digest.labelled, what: $0.what, artifacts: $0.artifacts)
        }
    }
}
