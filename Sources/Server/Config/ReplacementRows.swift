import Domain

extension ConfigurationKey {
    /// Rows of `actions.replace`: `from=to,from=to`.
    static func replacements(_ value: String) throws(WrongValue) -> ActionReplacements {
        var rows: [(from: String, to: String)] = []
        for row in value.split(byte: ",") {
            let sides = row.split(separator: "=", maxSplits: 1).map { String($0.trimmingPrefix { $0 == " " }) }
            guard sides.count == 2 else { throw WrongValue(words: "has \"\(row)\"; each row must be FROM=TO") }
            rows.append((from: sides[0], to: sides[1]))
        }
        do throws(ActionReplacements.Invalid) {
            return try ActionReplacements(rows)
        } catch {
            throw WrongValue(words: error.words)
        }
    }
}
