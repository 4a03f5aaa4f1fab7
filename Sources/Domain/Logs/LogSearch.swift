public enum LogSearchLimits {
    public static let queryBytesMax = 200
    /// Bytes of a log that one call looks at; it says where to go on.
    public static let bytesMax: Int64 = 8 * 1024 * 1024
    /// Rows that one call names.
    public static let hitsMax = 1_000
}

/// What is looked for in a log: plain text, in either case, as a terminal shows the line.
public struct LogNeedle: Sendable {
    public enum Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        case empty
        case tooLong(Int)
        case control

        public var description: String {
            switch self {
            case .empty: "q is empty; give the text to look for"
            case .tooLong(let count): "q has \(count) bytes; at most \(LogSearchLimits.queryBytesMax) are looked for"
            case .control: "q has a control character; no line that is shown has one"
            }
        }
    }

    private let bytes: [UInt8]
    /// In lower case and in upper case: what a match begins with.
    private let firsts: (UInt8, UInt8)
    /// What is not ASCII has its cases told by Unicode.
    private let text: String?

    public init(_ query: String) throws(Invalid) {
        guard !query.isEmpty else { throw .empty }
        guard query.utf8.count <= LogSearchLimits.queryBytesMax else { throw .tooLong(query.utf8.count) }
        guard !query.utf8.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7F }) else {
            throw .control
        }
        let isASCII = query.utf8.allSatisfy { $0 < 0x80 }
        bytes = query.utf8.map(Self.lower)
        let first = bytes.first ?? 0
        firsts = (first, (97...122).contains(first) ? first - 32 : first)
        text = isASCII ? nil : query.lowercased()
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

    /// Rows of whole lines that have it, counted from their first.
    public func rows(in lines: ArraySlice<UInt8>) -> [Int] {
        var found: [Int] = []
        var row = 0
        var start = lines.startIndex
        lines.withUnsafeBufferPointer { buffer in
            let offset = lines.startIndex
            while start < lines.endIndex {
                var end = start
                var isPlain = true
                while end < lines.endIndex, buffer[end - offset] != UInt8(ascii: "\n") {
                    let byte = buffer[end - offset]
                    if byte < 0x20, byte != UInt8(ascii: "\t") { isPlain = false }
                    end += 1
                }
                let content = min(end, start + logTimeBytes + 1)..<end
                let has =
                    isPlain && text == nil
                    ? self.has(
                        UnsafeBufferPointer(rebasing: buffer[(content.lowerBound - offset)..<(end - offset)]))
                    : self.has(lines[content])
                if has { found.append(row) }
                row += 1
                start = end + 1
            }
        }
        return found
    }

    private func has(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard line.count >= bytes.count else { return false }
        for at in 0...(line.count - bytes.count) where line[at] == firsts.0 || line[at] == firsts.1 {
            var next = 1
            while next < bytes.count, Self.lower(line[at + next]) == bytes[next] { next += 1 }
            if next == bytes.count { return true }
        }
        return false
    }

    /// Of a line with commands of a terminal or of another alphabet.
    private func has(_ line: ArraySlice<UInt8>) -> Bool {
        let shown = String(lineOnTerminal(String(decoding: line, as: UTF8.self)).scalars())
        guard let text else {
            let bytes = Array(shown.utf8)
            return bytes.withUnsafeBufferPointer { has($0) }
        }
        return contains(shown.lowercased(), text)
    }

    /// By bytes: Swift's characters would take a letter and the mark behind it for another letter.
    private func contains(_ whole: String, _ part: String) -> Bool {
        let (whole, part) = (Array(whole.utf8), Array(part.utf8))
        guard whole.count >= part.count else { return false }
        return (0...(whole.count - part.count)).contains { whole[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
