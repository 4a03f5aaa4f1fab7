/// Replaces secret values in log rows by `***`, as GitHub's runner does.
struct SecretMask: Sendable {
    /// Longest first, so that a secret inside another does not leave the rest of the longer one readable.
    private var values: [String] = []

    init(_ secrets: some Sequence<String>) {
        for secret in secrets { hide(secret) }
    }

    /// Adds a value and, since rows are lines, each of its lines. Empty lines hide nothing.
    mutating func hide(_ secret: String) {
        let lines = secret.split(whereSeparator: \.isNewline).map(String.init)
        for value in [secret] + lines where !value.isEmpty && !values.contains(value) { values.append(value) }
        values.sort { $0.utf8.count > $1.utf8.count }
    }

    func masked(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for value in values { bytes = bytes.replacing(Array(value.utf8), by: Array("***".utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
