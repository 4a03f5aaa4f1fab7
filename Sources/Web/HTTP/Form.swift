import Domain

package enum FormLimits {
    /// Fields of a form; the largest of ours, a dispatch, has 25 inputs (workflows.md) and a few of its own.
    package static let fieldsMax = 500
}

/// The fields that a browser sent of a form, in their order (`application/x-www-form-urlencoded`).
package struct Form: Sendable {
    package let fields: [(name: String, value: String)]

    /// - Throws: `.invalid` for another type of content, too many fields, or a NUL, which PostgreSQL takes in no text;
    ///   `.tooLarge` beyond `BodyLimits.jsonBytesMax`.
    package init(_ request: Request) throws {
        guard request.body.count <= BodyLimits.jsonBytesMax else {
            throw Failure(
                .tooLarge, "the form has \(request.body.count) bytes; at most \(BodyLimits.jsonBytesMax) are taken")
        }
        let type = request.header("Content-Type") ?? ""
        let isForm = type.lowercased().hasPrefix("application/x-www-form-urlencoded")
        guard request.body.isEmpty || isForm else {
            throw Failure(
                .invalid,
                "a form is sent as application/x-www-form-urlencoded, not as \"\(type.prefix(100))\"")
        }
        guard request.body.lazy.filter({ $0 == UInt8(ascii: "&") }).count < FormLimits.fieldsMax else {
            throw Failure(.invalid, "the form has more than \(FormLimits.fieldsMax) fields")
        }
        var fields: [(name: String, value: String)] = []
        for pair in request.body.split(separator: UInt8(ascii: "&")) {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            func text(_ side: Int) -> String {
                side < sides.count
                    ? percentDecoded(Substring(decoding: sides[side], as: UTF8.self), plusIsSpace: true) : ""
            }
            let (name, value) = (text(0), text(1))
            guard !name.utf8.contains(0), !value.utf8.contains(0) else {
                throw Failure(.invalid, "a field of the form has a NUL character; remove it")
            }
            fields.append((name, value))
        }
        self.fields = fields
    }

    /// The first value of a field; nil when the form has no such field.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    /// The value of a field without space around it; nil when nothing is left.
    package func given(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        let start = value.utf8.firstIndex { !Self.isSpace($0) } ?? value.endIndex
        let end = value.utf8.lastIndex { !Self.isSpace($0) }.map { value.utf8.index(after: $0) } ?? start
        return start < end ? String(value[start..<end]) : nil
    }
    package func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
