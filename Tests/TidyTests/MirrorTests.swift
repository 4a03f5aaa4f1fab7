import Foundation
import Testing

@Suite("Tests stand where what they test stands")
struct MirrorTests {
    /// Files without a test at the mirrored path. This list may only shrink.
    static let exceptions: [String: Set<String>] = [
        "Domain": [
            // Types alone.
            "IDs.swift", "ListPart.swift", "Runs/RunTables.swift", "Tasks/TaskTables.swift",
            "Workflows/Expression/ExpressionNode.swift",
            // Scripts of transactions: SimulationTests runs them on tables in memory, PostgresTests on PostgreSQL's.
            "Runs/GroupScript.swift", "Runs/PlanScript.swift", "Runs/RerunScript.swift", "Runs/RunScript.swift",
            "Tasks/ClaimScript.swift",
            "Tasks/LossScript.swift", "Tasks/ReportScript.swift",
        ],
        "Postgres": [
            // One call each, to stores that have tests.
            "Runs/RunContextRows.swift", "Runs/StoreTables.swift",
        ],
    ]
    static let shareMin = 0.9

    @Test("each file of Domain and Postgres has a test at the mirrored path", arguments: exceptions.keys.sorted())
    func mirrors(target: String) throws {
        let root = DependencyRuleTests.root
        let sources = try Self.files(in: root.appendingPathComponent("Sources/\(target)"))
        let tests = Set(try Self.files(in: root.appendingPathComponent("Tests/\(target)Tests")))
        let missing = Set(sources.filter { !tests.contains($0.dropLast(".swift".count) + "Tests.swift") })
        let excepted = try #require(Self.exceptions[target])
        for file in missing.subtracting(excepted).sorted() {
            Issue.record("\(target)/\(file) has no test \(target)Tests/\(file.dropLast(".swift".count))Tests.swift")
        }
        for file in excepted.subtracting(missing).sorted() {
            Issue.record("\(target)/\(file) has a test, or is gone: take it off the list of exceptions")
        }
        let share = 1 - Double(missing.count) / Double(sources.count)
        #expect(share >= Self.shareMin, "\(missing.count) of \(sources.count) files of \(target) have no mirrored test")
    }

    /// Paths of Swift files below a folder.
    static func files(in folder: URL) throws -> [String] {
        let found = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return found.compactMap { ($0 as? URL).flatMap { $0.pathExtension == "swift" ? $0.path : nil } }
            .map { String($0.dropFirst(folder.path.count + 1)) }.sorted()
    }
}
