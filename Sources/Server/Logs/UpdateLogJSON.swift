import Domain
import Web

/// An UpdateLogRequest in JSON, cut into what can be decoded one after the other: a decoded row takes a hundred bytes and
/// three in the text, so 64 MiB of them would become gigabytes.
///
/// Only as much of JSON is understood as finding the ends of values takes; SwiftProtobuf reads, and refuses, the parts.
struct UpdateLogJSON {
    /// Rows decoded at once, and bytes of text after which fewer are.
    private static let rowsAtOnce = 512
    private static let bytesAtOnce = 1024 * 1024
    /// Bytes of a field that is no row: a number or a flag.
    private static let fieldBytesMax = 64

    /// The message without its rows.
    let head: [UInt8]
    private let bytes: [UInt8]
    /// The rows' array, from its `[` on; nil when there is none.
    private let array: Int?

    init(_ bytes: [UInt8]) throws {
        var head: [UInt8] = []
        var array: Int?
        var scan = Scan(at: 0)
        try bytes.withUnsafeBytes { text in
            try scan.expect("{", in: text)
            if scan.skips("}", in: text) { return }
            repeat {
                let key = try scan.value(in: text)
                try scan.expect(":", in: text)
                let value = try scan.value(in: text)
                let name = String(decoding: text[key], as: UTF8.self)
                switch name {
                case "\"rows\"":
                    guard array == nil else { throw Self.malformed("\"rows\" is there twice") }
                    if text[value.lowerBound] == UInt8(ascii: "[") {
                        array = value.lowerBound
                    } else if String(decoding: text[value], as: UTF8.self) != "null" {
                        throw Self.malformed("\"rows\" must be a list")
                    }
                case "\"taskId\"", "\"task_id\"", "\"index\"", "\"noMore\"", "\"no_more\"":
                    guard value.count <= Self.fieldBytesMax else { throw Self.malformed("\(name) is too long") }
                    head += (head.isEmpty ? "{" : ",").utf8
                    head += text[key]
                    head.append(UInt8(ascii: ":"))
                    head += text[value]
                default:
                    // Unknown fields are ignored; a known one in disguise must not be.
                    guard name.hasPrefix("\""), !name.contains("\\") else {
                        throw Self.malformed("a field's name must be a string without escapes")
                    }
                }
            } while scan.skips(",", in: text)
            try scan.expect("}", in: text)
            guard scan.isAtEnd(of: text) else { throw Self.malformed("something follows the message") }
        }
        self.head = head.isEmpty ? Array("{}".utf8) : head + "}".utf8
        self.bytes = bytes
        self.array = array
    }

    /// Hands over all rows, in messages that have some of them and nothing else.
    func rows(_ take: ([UInt8]) throws -> Void) throws {
        guard let array else { return }
        try bytes.withUnsafeBytes { text in
            var scan = Scan(at: array + 1)
            if scan.skips("]", in: text) { return }
            var isMore = true
            while isMore {
                let first = scan.at
                var end = first
                var count = 0
                repeat {
                    end = try scan.value(in: text).upperBound
                    count += 1
                    isMore = scan.skips(",", in: text)
                } while isMore && count < Self.rowsAtOnce && end - first < Self.bytesAtOnce
                try take(Array("{\"rows\":[".utf8) + text[first..<end] + "]}".utf8)
            }
            try scan.expect("]", in: text)
        }
    }

    private static func malformed(_ why: String) -> Failure {
        Failure(.invalid, "could not read the JSON message: \(why)")
    }

    /// A place in the text.
    private struct Scan {
        var at: Int

        mutating func skips(_ mark: Unicode.Scalar, in text: UnsafeRawBufferPointer) -> Bool {
            skipSpace(text)
            guard at < text.count, text[at] == UInt8(ascii: mark) else { return false }
            at += 1
            return true
        }

        mutating func expect(_ mark: Unicode.Scalar, in text: UnsafeRawBufferPointer) throws {
            guard skips(mark, in: text) else { throw malformed("\"\(mark)\" expected at byte \(at)") }
        }

        mutating func isAtEnd(of text: UnsafeRawBufferPointer) -> Bool {
            skipSpace(text)
            return at == text.count
        }

        private mutating func skipSpace(_ text: UnsafeRawBufferPointer) {
            while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
        }

        /// The range of the value that begins here.
        mutating func value(in text: UnsafeRawBufferPointer) throws -> Range<Int> {
            skipSpace(text)
            let start = at
            var depth = 0
            while at < text.count {
                switch text[at] {
                case UInt8(ascii: "\""):
                    try skipString(text)
                    if depth == 0 { return start..<at }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return try scalar(start) }
                    depth -= 1
                    if depth == 0 {
                        at += 1
                        return start..<at
                    }
                case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                    if depth == 0 { return try scalar(start) }
                default: break
                }
                at += 1
            }
            throw malformed("it ends within a value")
        }

        private func scalar(_ start: Int) throws -> Range<Int> {
            guard at > start else { throw malformed("a value is missing at byte \(start)") }
            return start..<at
        }

        private mutating func skipString(_ text: UnsafeRawBufferPointer) throws {
            at += 1
            while at < text.count {
                let byte = text[at]
                at += byte == UInt8(ascii: "\\") ? 2 : 1
                if byte == UInt8(ascii: "\"") { return }
            }
            throw malformed("it ends within a string")
        }
    }
}
