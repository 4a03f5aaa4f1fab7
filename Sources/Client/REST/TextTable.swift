/// A table for a terminal: a heading, a line a row, columns two spaces apart; the widest column gives way when it is too wide.
package struct TextTable {
    private let rows: [[String]]

    /// - Parameter rows: each with as many cells as the heading.
    package init(_ heading: [String], _ rows: [[String]]) {
        self.rows = [heading] + rows.map { $0.map(Self.oneLine) }
    }

    /// - Parameter width: columns of the terminal; nil: output is no terminal, and nothing is cut.
    package func text(width: Int?) -> String {
        var widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        if let width {
            // Never narrower than its heading, so that it can be told what it is.
            while widths.reduce(0, +) + 2 * (widths.count - 1) > width,
                let widest = widths.indices.filter({ widths[$0] > max(4, rows[0][$0].count) }).max(by: {
                    widths[$0] < widths[$1]
                })
            {
                widths[widest] -= 1
            }
        }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { at, cell in
                let text = cell.0.count > cell.1 ? String(cell.0.prefix(max(0, cell.1 - 1))) + "…" : cell.0
                return at == row.count - 1 ? text : text + String(repeating: " ", count: cell.1 - text.count + 2)
            }
            return cells.joined() + "\n"
        }.joined()
    }

    /// What stands in a cell comes from people and jobs: it ends no line and steers no terminal.
    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
