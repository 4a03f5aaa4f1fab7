import Foundation
import Testing

@Suite("Who writes which table")
struct TableWriterTests {
    /// Tables that more than one file of Sources/Postgres writes, and which. This list may only shrink.
    static let exceptions: [String: Set<String>] = [
        // One store in two files: the second is an extension of the first.
        "artifact": ["Postgres/Artifacts/ArtifactStore.swift", "Postgres/Artifacts/ArtifactSweeps.swift"],
        "artifact_file": ["Postgres/Artifacts/ArtifactStore.swift", "Postgres/Artifacts/ArtifactSweeps.swift"],
        "run": ["Postgres/Runs/RunRetention.swift", "Postgres/Runs/RunStore.swift"],
        // Made with the jobs that ask for them, removed when no job does.
        "label_set": ["Postgres/Runs/JobStore.swift", "Postgres/Runs/RunRetention.swift"],
        // Its number of the next run, which is taken with the run.
        "repository": ["Postgres/Repositories/RepositoryStore.swift", "Postgres/Runs/RunStore.swift"],
        // Its columns of the log are LogStore's.
        "task": ["Postgres/Logs/LogStore.swift", "Postgres/Tasks/TaskStore.swift"],
    ]

    static func tables() throws -> Set<String> {
        let folder = DependencyRuleTests.root.appendingPathComponent("sql/migrations")
        let created = /create\s+table\s+(?:if\s+not\s+exists\s+)?(?<table>[a-z_]+)/
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
            .reduce(into: []) { tables, name in
                let sql = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                for match in sql.matches(of: created) { tables.insert(String(match.output.table)) }
            }
    }

    @Test("a table is written from one file of Sources/Postgres, and from nowhere else")
    func writers() throws {
        let known = try Self.tables()
        #expect(known.count > 20)
        let sources = DependencyRuleTests.root.appendingPathComponent("Sources")
        // `update x`, `insert into x`, `delete from x` in the SQL of a source.
        let write = /\b(?:insert\s+into|update|delete\s+from)\s+(?<table>[a-z_]+)/
        var writers: [String: Set<String>] = [:]
        for file in try MirrorTests.files(in: sources) {
            let text = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
            for match in text.matches(of: write) where known.contains(String(match.output.table)) {
                writers[String(match.output.table), default: []].insert(file)
            }
        }
        #expect(writers.count > 20)
        for (table, files) in writers.sorted(by: { $0.key < $1.key }) {
            let allowed = Self.exceptions[table]
            if let allowed {
                #expect(files == allowed, "\"\(table)\" is excepted, but is written by \(files.sorted())")
            }
            guard allowed == nil else { continue }
            #expect(files.count == 1, "\"\(table)\" is written by \(files.sorted())")
            #expect(files.allSatisfy { $0.hasPrefix("Postgres/") }, "\"\(table)\" is written by \(files.sorted())")
        }
        for table in Self.exceptions.keys where (writers[table]?.count ?? 0) < 2 {
            Issue.record("\"\(table)\" is written from one file: take it off the list of exceptions")
        }
    }
}
