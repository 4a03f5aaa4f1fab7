/// A tree object as git stores it: one directory of a commit.
public struct GitTree: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        /// Octal digits: `100644`, `100755`, `40000` (a tree), `120000` (a link), `160000` (a submodule).
        public let mode: String
        /// Bytes, since a name may be no UTF-8.
        public let name: [UInt8]
        /// Hexadecimal.
        public let id: String

        public init(mode: String, name: [UInt8], id: String) {
            self.mode = mode
            self.name = name
            self.id = id
        }

        public var isTree: Bool { mode == "40000" }
    }
    public let entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }

    /// - Parameter idBytes: of an object's id, 20 for SHA-1.
    /// - Returns: nil when the bytes are no tree.
    public init?(_ bytes: [UInt8], idBytes: Int = 20) {
        var entries: [Entry] = []
        var at = 0
        while at < bytes.count {
            guard let space = bytes[at...].firstIndex(of: 0x20), let end = bytes[space...].firstIndex(of: 0),
                end + idBytes < bytes.count
            else { return nil }
            entries.append(
                Entry(
                    mode: String(decoding: bytes[at..<space], as: UTF8.self), name: Array(bytes[(space + 1)..<end]),
                    id: hex(Array(bytes[(end + 1)...(end + idBytes)]))))
            at = end + 1 + idBytes
        }
        self.entries = entries
    }

    public subscript(name: String) -> Entry? {
        let bytes = Array(name.utf8)
        return entries.first { $0.name == bytes }
    }

    /// The tree with another entry of this name, in git's order.
    public func replacing(_ name: String, mode: String, id: String) -> GitTree {
        let fresh = Entry(mode: mode, name: Array(name.utf8), id: id)
        let others = entries.filter { $0.name != fresh.name }
        // git compares a directory's name as if it ended in a slash.
        func key(_ entry: Entry) -> [UInt8] { entry.isTree ? entry.name + [UInt8(ascii: "/")] : entry.name }
        let place = others.firstIndex { key(fresh).lexicographicallyPrecedes(key($0)) } ?? others.endIndex
        return GitTree(entries: others[..<place] + [fresh] + others[place...])
    }

    public func removing(_ name: String) -> GitTree {
        let bytes = Array(name.utf8)
        return GitTree(entries: entries.filter { $0.name != bytes })
    }

    /// As git stores it.
    public var bytes: [UInt8] {
        entries.flatMap { entry -> [UInt8] in
            Array(entry.mode.utf8) + [0x20] + entry.name + [0] + unhex(entry.id)
        }
    }
}

private func unhex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap(hexValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
