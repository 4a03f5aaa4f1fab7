/// One line of a terminal while something is written to it.
///
/// Each character and each command costs the same however long the line is: a wipe is noted, and looked up once at the end.
/// Whoever writes a log chooses how many wipes it has, and a page shows thousands of rows.
struct TerminalLine {
    private struct Cell {
        var scalar: Unicode.Scalar = " "
        var style = TerminalStyle()
        /// Number of the step that wrote it.
        var writtenAt = 0
        /// Number of the step that last wiped everything from the beginning of the line to here.
        var wipedAt = 0
    }
    private var cells: [Cell] = []
    /// Cells that are shown; those behind are left over from a longer line.
    private var length = 0
    private var cursor = 0
    private var step = 0
    /// Number of the step that last wiped the whole line.
    private var clearedAt = 0
    /// Of what is written next.
    var style = TerminalStyle()
    /// Cells that were looked at so far; the tests count them.
    private(set) var touched = 0

    mutating func write(_ scalar: Unicode.Scalar) {
        step += 1
        // Only a line that was wiped as a whole is shorter than the cursor is far: what is between counts as wiped.
        length = max(length, cursor + 1)
        if cursor == cells.count { cells.append(Cell()) }
        cells[cursor].scalar = scalar
        cells[cursor].style = style
        cells[cursor].writtenAt = step
        cursor += 1
        touched += 1
    }

    mutating func goToStart() { cursor = 0 }
    mutating func goBack() { cursor = max(0, cursor - 1) }

    /// Everything from the cursor on.
    mutating func wipeToEnd() { length = min(length, cursor) }

    /// Everything up to the cursor, and what it stands on.
    mutating func wipeToCursor() {
        step += 1
        let count = min(cursor + 1, length)
        if count > 0 { cells[count - 1].wipedAt = step }
        touched += 1
    }

    mutating func wipe() {
        step += 1
        length = 0
        clearedAt = step
    }

    /// What stands there.
    func scalars() -> String.UnicodeScalarView {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: shown().lazy.map(\.scalar))
        return text
    }

    /// The same with its looks, in as few parts as there are looks beside each other.
    func spans() -> [LogSpan] {
        var spans: [LogSpan] = []
        var text = String.UnicodeScalarView()
        var style = TerminalStyle()
        for cell in shown() {
            if cell.style != style {
                if !text.isEmpty { spans.append(LogSpan(text: String(text), classes: style.classes)) }
                (text, style) = (String.UnicodeScalarView(), cell.style)
            }
            text.append(cell.scalar)
        }
        if !text.isEmpty { spans.append(LogSpan(text: String(text), classes: style.classes)) }
        return spans
    }

    private func shown() -> [(scalar: Unicode.Scalar, style: TerminalStyle)] {
        var wipedAt = clearedAt
        var shown: [(Unicode.Scalar, TerminalStyle)] = []
        shown.reserveCapacity(length)
        for (at, cell) in cells.enumerated().reversed() {
            wipedAt = max(wipedAt, cell.wipedAt)
            guard at < length else { continue }
            shown.append(cell.writtenAt > wipedAt ? (cell.scalar, cell.style) : (" ", TerminalStyle()))
        }
        return shown.reversed()
    }
}

extension Unicode.Scalar {
    /// Turns the order of the text around it, or is a control character of eight bits: shown as what it is not, such a line deceives.
    var deceives: Bool {
        switch value {
        case 0x80...0x9F, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

/// What stands on a terminal's line when all of this was written to it: a carriage return goes back to its beginning and what
/// follows is written over what was there (progress bars); ESC [ K, ESC [ 1 K and ESC [ 2 K wipe, ESC [ m colours. Titles and
/// links are left out, and what would turn the text around is a replacement character.
func lineOnTerminal(_ text: String) -> TerminalLine {
    var line = TerminalLine()
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
        switch scalar {
        case "\r": line.goToStart()
        case "\u{8}": line.goBack()
        case "\u{1B}":
            switch scalars.next() {
            case "[":
                var parameters = String.UnicodeScalarView()
                var final: Unicode.Scalar?
                while let next = scalars.next() {
                    if (0x40...0x7E).contains(next.value) {
                        final = next
                        break
                    }
                    parameters.append(next)
                }
                if final == "m" { line.style.apply(parameters) }
                guard final == "K" else { continue }
                switch String(parameters) {
                case "", "0": line.wipeToEnd()
                case "1": line.wipeToCursor()
                case "2": line.wipe()
                default: break
                }
            case "]":
                // A title or a link, up to BEL or ESC \.
                while let next = scalars.next(), next != "\u{7}" {
                    if next == "\u{1B}" {
                        _ = scalars.next()
                        break
                    }
                }
            default: break
            }
        case _ where scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F: break
        case _ where scalar.deceives: line.write("\u{FFFD}")
        default: line.write(scalar)
        }
    }
    return line
}
