import Foundation
import Glibc
import Postgres
import Web

/// Migration files of the configured directory, in order of their numbers.
package func migrationFiles(in directory: String) throws -> [Migration] {
    try sqlFiles(in: directory, what: "migrations", key: "database.migrations_dir").map(Migration.init)
}

/// The queries of `sql/checks`, in order of their names.
package func invariantChecks(in directory: String) throws -> [InvariantCheck] {
    try sqlFiles(in: directory, what: "checks", key: "database.checks_dir").map {
        InvariantCheck(name: String($0.name.dropLast(".sql".count)), sql: $0.sql)
    }
}

/// In order of their names. None at all is a mistake: not a small schema, nor a check that passed.
private func sqlFiles(in directory: String, what: String, key: String) throws -> [(name: String, sql: String)] {
    guard let folder = opendir(directory) else {
        throw Failure(
            .fault,
            "could not read the \(what) in \"\(directory)\": \(String(cString: strerror(errno))); set \(key)")
    }
    closedir(folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sql") }.sorted()
    guard !names.isEmpty else { throw Failure(.fault, "there are no \(what) in \"\(directory)\"; set \(key)") }
    return try names.map { ($0, try String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8)) }
}
