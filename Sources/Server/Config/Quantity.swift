/// Times and sizes as people write them, in the configuration and on the command line.
package enum Quantity {
    /// `25s`, `10m`, `3h`, `365d`, also `1.5s`.
    package static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Double(text.dropLast()) else { return nil }
        return number * unit
    }

    /// `512`, `100MiB`, `10GiB`. Decimal units are not taken, so that nobody wonders which are meant.
    package static func bytes(_ text: String) -> Int64? {
        let units: [(ending: String, bytes: Int64)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ]
        let unit = units.first { text.hasSuffix($0.ending) }
        guard let number = Int64(text.dropLast(unit?.ending.count ?? 0)), number >= 0 else { return nil }
        let (bytes, isOver) = number.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        return isOver ? nil : bytes
    }
}
