/// A list of artifacts for a terminal: one line each below a heading, columns two spaces apart.
package func artifactTable(_ artifacts: [ListedArtifact]) -> String {
    let rows =
        [["ID", "RUN", "SIZE", "CREATED", "EXPIRES", "NAME"]]
        + artifacts.map { artifact -> [String] in
            [
                "\(artifact.id)", artifact.run.map { "\($0.id)" } ?? "-", byteText(artifact.bytes),
                artifact.createdAt ?? "-", artifact.expired ? "expired" : artifact.expiresAt ?? "-",
                shown(artifact.name),
            ]
        }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row -> String in
        let cells = zip(row, widths).enumerated().map { at, cell -> String in
            at == row.count - 1 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count + 2)
        }
        return cells.joined() + "\n"
    }.joined()
}

/// A name comes from a job: nothing in it may steer the terminal.
private func shown(_ name: String) -> String {
    String(
        String.UnicodeScalarView(
            name.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
}
