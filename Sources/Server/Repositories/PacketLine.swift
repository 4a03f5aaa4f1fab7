import Foundation

/// git's framing of lines (gitprotocol-common): four hexadecimal digits of length, then the bytes; "0000" ends a part.
package struct PacketLines {
    /// Bytes of one line with its length.
    private static let bytesMax = 65_520

    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }

    private let read: (Int) -> [UInt8]

    /// - Parameter read: so many bytes, fewer at the end.
    package init(read: @escaping (Int) -> [UInt8]) { self.read = read }

    /// From standard input.
    package static var standardInput: PacketLines {
        PacketLines { count in
            var bytes: [UInt8] = []
            while bytes.count < count, let more = try? FileHandle.standardInput.read(upToCount: count - bytes.count),
                !more.isEmpty
            { bytes += more }
            return bytes
        }
    }

    /// The lines of one part, without the line breaks at their ends.
    ///
    /// - Parameter countMax: lines that are taken.
    package func part(countMax: Int) throws -> [String] {
        var lines: [String] = []
        while true {
            let digits = String(decoding: read(4), as: UTF8.self)
            guard digits.utf8.count == 4, let length = Int(digits, radix: 16) else {
                throw Broken(description: "git ended in the middle of a line")
            }
            if length == 0 { return lines }
            guard length >= 4, length <= Self.bytesMax, lines.count < countMax else {
                throw Broken(description: "git sent a line of \(length) bytes, or more than \(countMax) lines")
            }
            var bytes = read(length - 4)
            guard bytes.count == length - 4 else { throw Broken(description: "git ended in the middle of a line") }
            if bytes.last == 0x0A { bytes.removeLast() }
            lines.append(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// A part of these lines, each with a line break, and its end.
    package static func written(_ lines: [String]) -> [UInt8] {
        lines.reduce(into: []) { out, line in
            let bytes = Array(line.utf8.prefix(bytesMax - 5)) + [0x0A]
            let length = String(bytes.count + 4, radix: 16)
            out += Array((String(repeating: "0", count: 4 - length.utf8.count) + length).utf8) + bytes
        } + Array("0000".utf8)
    }
}
