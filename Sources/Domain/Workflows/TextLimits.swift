/// What no text of a workflow may have: a NUL character, which PostgreSQL does not store, and more bytes than its limit.
extension DiagnosticList {
    /// Notes every scalar and key with a NUL, at its place.
    mutating func noteNUL(in node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): if hasNUL(scalar.text) { nul(scalar.text, in: node) }
        case .sequence(let items): for item in items { noteNUL(in: item) }
        case .mapping(let pairs):
            for pair in pairs {
                if hasNUL(pair.key) { nul(pair.key, in: YAMLNode(position: pair.position, scalar: pair.key)) }
                noteNUL(in: pair.value)
            }
        }
    }

    private mutating func nul(_ text: String, in node: YAMLNode) {
        let offset = text.unicodeScalars.prefix { $0.value != 0 }.count
        let place = hasRoomForError ? position(ofCharacter: offset, in: node, source) : node.position
        error("nul", "a NUL character cannot stand in a workflow; remove \"\\0\"", at: place)
    }

    /// False, with an error noted, when the text has more bytes than allowed.
    mutating func isWithin(_ text: String, _ bytesMax: Int, _ what: String, at position: Position) -> Bool {
        let count = text.utf8.count
        guard count > bytesMax else { return true }
        error("too-large", "\(what) has \(count) bytes; at most \(bytesMax) are allowed", at: position)
        return false
    }
}

func hasNUL(_ text: String) -> Bool { text.utf8.contains(0) }
