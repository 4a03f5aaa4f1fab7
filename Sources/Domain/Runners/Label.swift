public enum RunnerLimits {
    /// Labels of one runner (runner.md 2.4).
    public static let labelsMax = 100
    /// Capabilities that a runner may declare; each has the bytes of a label at most.
    public static let capabilitiesMax = 100
    /// Bytes of one label, of a runner's name and of its version (runner.md 2.3, 2.4).
    public static let labelBytesMax = 255
    public static let nameBytesMax = 255
    public static let versionBytesMax = 64
    /// Bytes of a request key; an opaque string (runner.md 3.5).
    public static let requestKeyBytesMax = 64
    /// Bytes of a job's handle, a UUID; another text is nobody's handle, a longer one a mistake (runner.md 2.6).
    public static let handleBytesMax = 64
}

/// A label as it takes part in matching: the name without `:host`, `:docker…`, `:lxc…` (runner.md 3.1).
public func labelName(_ label: String) -> String {
    let parts = label.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return label }
    let schema = parts[1].prefix { $0 != ":" }
    return ["host", "docker", "lxc"].contains(schema) ? String(parts[0]) : label
}

/// May a runner with `labels` take a job that runs on `wanted`? Subset, equality of bytes, case-sensitive. A job that asks
/// for none names a runner group alone, and there are no groups (workflows.md 20.7): any runner takes it.
public func labels(_ labels: [String], satisfy wanted: [String]) -> Bool {
    let have = Set(labels.map { Array($0.utf8) })
    return wanted.allSatisfy { have.contains(Array($0.utf8)) }
}

/// Cuts to at most `bytesMax` bytes on a character boundary.
public func cut(_ text: String, bytesMax: Int) -> String {
    guard text.utf8.count > bytesMax else { return text }
    var out = ""
    var taken = 0
    for character in text {
        taken += character.utf8.count
        guard taken <= bytesMax else { break }
        out.append(character)
    }
    return out
}
