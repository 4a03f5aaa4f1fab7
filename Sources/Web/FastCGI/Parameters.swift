import Glibc

/// The name-value pairs of a request (CGI's variables), kept as the bytes they came in.
///
/// A request has about 25 and its handling asks for five: making strings and a hash table of all of them was a quarter
/// of a trivial request, and most of what a parked poll held (bench/README.md). Of two equal names the first counts.
package struct Parameters: Sendable, ExpressibleByDictionaryLiteral {
    private struct Pair {
        package let name: Range<Int>
        let value: Range<Int>
    }
    private var bytes: [UInt8]
    private var pairs: [Pair] = []

    private mutating func append(_ text: UnsafeRawBufferPointer) {
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return }
        let start = bytes.count
        bytes.append(contentsOf: text)
        pairs.append(Pair(name: start..<(start + equals), value: (start + equals + 1)..<bytes.count))
    }

    /// - Parameter stream: the content of all FCGI_PARAMS records, in order. Nil when a length points outside it.
    init?(stream: [UInt8]) {
        bytes = stream
        var at = 0
        /// One byte below 128, else four of which the first bit is not part of the number.
        func length() -> Int? {
            guard at < stream.count else { return nil }
            if stream[at] < 128 {
                at += 1
                return Int(stream[at - 1])
            }
            guard at + 4 <= stream.count else { return nil }
            let word = stream[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
            at += 4
            return word
        }
        while at < stream.count {
            guard let name = length(), let value = length(), name + value <= stream.count - at else { return nil }
            pairs.append(Pair(name: at..<(at + name), value: (at + name)..<(at + name + value)))
            at += name + value
        }
    }

    package init(_ pairs: [String: String]) {
        bytes = []
        for (name, value) in pairs.sorted(by: { $0.key < $1.key }) {
            Array("\(name)=\(value)".utf8).withUnsafeBytes { append($0) }
        }
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        bytes = []
        for (name, value) in elements {
            Array("\(name)=\(value)".utf8).withUnsafeBytes { append($0) }
        }
    }

    package subscript(name: String) -> String? {
        let wanted = name.utf8
        guard let pair = pairs.first(where: { $0.name.count == wanted.count && bytes[$0.name].elementsEqual(wanted) })
        else { return nil }
        return String(decoding: bytes[pair.value], as: UTF8.self)
    }
}
