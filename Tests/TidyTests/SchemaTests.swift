import Foundation
import Testing

@Suite("sql/schema.sql")
struct SchemaTests {
    /// What it says is compared with a database by `dev/schema.py --check`, in `make test`; this is what needs no database.
    @Test("names the last migration")
    func current() throws {
        let sql = DependencyRuleTests.root.appendingPathComponent("sql")
        let migrations = try FileManager.default.contentsOfDirectory(
            atPath: sql.appendingPathComponent("migrations").path
        ).filter { $0.hasSuffix(".sql") }
        let last = try #require(migrations.max())
        let schema = try String(contentsOf: sql.appendingPathComponent("schema.sql"), encoding: .utf8)
        let head = schema.prefix { $0 != "\n" }
        #expect(head.contains(last), "sql/schema.sql is of before \(last); write it anew with: make schema")
    }

    @Test("each migration has its number for itself")
    func numbers() throws {
        let folder = DependencyRuleTests.root.appendingPathComponent("sql/migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        let numbers = Dictionary(grouping: names) { $0.prefix { $0 != "_" } }
        for (number, files) in numbers where files.count > 1 {
            Issue.record("\(files.sorted()) have the number \(number) both")
        }
    }
}
