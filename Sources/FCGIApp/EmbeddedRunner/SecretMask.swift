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
        for value in values { bytes = replaced(bytes, Array(value.utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Bytes, not characters: a secret next to a combining mark must be found too.
    private func replaced(_ bytes: [UInt8], _ secret: [UInt8]) -> [UInt8] {
        guard let first = secret.first, bytes.count >= secret.count, bytes.contains(first) else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == first, bytes[index...].starts(with: secret) {
                result += [42, 42, 42]
                index += secret.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
