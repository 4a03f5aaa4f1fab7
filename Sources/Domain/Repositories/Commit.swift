/// A commit object as git stores it, as far as events tell of it.
public struct Commit: Equatable, Sendable {
    public struct Person: Equatable, Sendable {
        public let name: String
        public let email: String
        /// Seconds since 1970, and minutes east of UTC.
        public let seconds: Int64
        public let offsetMinutes: Int

        /// What a commit object cannot hold is left out of the name and the address.
        public init(name: String, email: String, seconds: Int64, offsetMinutes: Int = 0) {
            self.name = Self.plain(name)
            self.email = Self.plain(email)
            self.seconds = seconds
            self.offsetMinutes = offsetMinutes
        }

        private static func plain(_ text: String) -> String {
            let scalars = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F && $0 != "<" && $0 != ">" }
            return cut(
                String(String.UnicodeScalarView(scalars)).split(byte: " ").joined(separator: " "),
                bytesMax: PushLimits.personBytesMax)
        }
    }
    /// The tree's id.
    public let tree: String
    public let parents: [String]
    public let author: Person
    public let committer: Person
    /// Without the line breaks at its end. Line breaks are LF.
    public let message: String

    /// Reads the object's bytes; lines are split as bytes, since `\r\n` is one Character. What is missing is empty.
    public init(_ bytes: [UInt8]) {
        var tree = ""
        var parents: [String] = []
        var author = Person([])
        var committer = Person([])
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            guard !line.isEmpty else { break }
            if line.starts(with: "parent ".utf8) {
                parents.append(String(decoding: line.dropFirst(7), as: UTF8.self))
            } else if line.starts(with: "tree ".utf8) {
                tree = String(decoding: line.dropFirst(5), as: UTF8.self)
            } else if line.starts(with: "author ".utf8) {
                author = Person(line.dropFirst(7))
            } else if line.starts(with: "committer ".utf8) {
                committer = Person(line.dropFirst(10))
            }
        }
        while let last = rest.last, last == 0x0A || last == 0x0D { rest = rest.dropLast() }
        self.tree = tree
        self.parents = parents
        self.author = author
        self.committer = committer
        message = String(decoding: rest, as: UTF8.self)
    }

    /// The message's first line that is not blank; nil when there is none. A NUL, which no row can hold, is left out.
    public var title: String? {
        let line = message.utf8.split { $0 == 0x0A || $0 == 0x0D }.first { line in
            !line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0 }
        }
        return line.map { String(decoding: $0.filter { $0 != 0 }, as: UTF8.self) }
    }
}

extension Commit.Person {
    /// `Ann Example <ann@example.org> 1700000000 +0100`
    init(_ line: ArraySlice<UInt8>) {
        let open = line.firstIndex(of: UInt8(ascii: "<")) ?? line.endIndex
        let close = line.lastIndex(of: UInt8(ascii: ">")).map { max($0, open) } ?? line.endIndex
        let time = line[close...].dropFirst().split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        let words = line[..<open].split(separator: 0x20).joined(separator: [0x20])
        name = cut(String(decoding: Array(words), as: UTF8.self), bytesMax: PushLimits.personBytesMax)
        let address = open < close ? line[(open + 1)..<close] : []
        email = cut(String(decoding: address, as: UTF8.self), bytesMax: PushLimits.personBytesMax)
        seconds = time.first.flatMap { Int64($0) } ?? 0
        let zone = time.count > 1 ? Int(time[1]) ?? 0 : 0
        offsetMinutes = zone.magnitude <= 1400 ? zone / 100 * 60 + zone % 100 : 0
    }

    /// As git's `%cI` writes it: `2026-11-26T15:04:05+01:00`.
    public var time: String {
        // The years that four digits can say: a commit may claim any number.
        let clamped = min(max(seconds, -62_135_596_800), 253_402_214_400)
        let local = clamped + Int64(offsetMinutes) * 60
        let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let second = local - days * 86_400
        // Civil date of days since 1970 (Howard Hinnant, chrono-compatible date algorithms).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let years = String(repeating: "0", count: max(0, 4 - "\(year)".utf8.count)) + "\(year)"
        let zone = Int64(offsetMinutes.magnitude)
        return "\(years)-\(two(month))-\(two(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
            + (zone == 0 ? "Z" : "\(offsetMinutes < 0 ? "-" : "+")\(two(zone / 60)):\(two(zone % 60))")
    }
}
