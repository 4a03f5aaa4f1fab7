import Domain

/// Writes `called_file`: the files of called workflows, kept with the run.
enum CalledFileStore {
    private static let insert = Statement(
        "called_file_insert", "insert into called_file (run_id, name, content) values ($1, $2, convert_to($3, 'UTF8'))")
    private static let files = Statement(
        "called_file_list", "select name, convert_from(content, 'UTF8') from called_file where run_id = $1")

    /// At most `CallLimits.filesMax`.
    static func put(_ files: [PlannedRun.CalledFile], of run: RunID, in tx: Transaction) throws {
        for file in files {
            try tx.run(insert, .int(run.number), .text(file.name), .text(String(decoding: file.text, as: UTF8.self)))
        }
    }

    static func files(of run: RunID, in tx: Transaction) throws -> [String: [UInt8]] {
        let rows = try tx.run(files, .int(run.number))
        return Dictionary(rows.map { ($0.text(0), Array($0.text(1).utf8)) }, uniquingKeysWith: { first, _ in first })
    }
}
