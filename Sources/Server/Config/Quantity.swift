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

    /// `90d`, `40m`, `25s`: as `seconds` reads it, in the largest unit that fits.
    static func words(seconds: Int64) -> String {
        for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)]
        where seconds > 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }

    /// `100MiB`: as `bytes` reads it, in the largest unit that fits.
    static func words(bytes: Int64) -> String {
        for (unit, size) in [("TiB", Int64(1) << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes > 0 && bytes % size == 0 {
            return "\(bytes / size)\(unit)"
        }
        return "\(bytes)"
    }
}
