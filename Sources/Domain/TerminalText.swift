/// Text that others wrote, for a terminal: what a terminal would obey, or would show as something else than is there, is
/// spelled out as `\u{…}`. Line ends and tabs stay, which are a command's own; a single field goes through `harmlessField`.
public func harmless(_ text: String) -> String {
    spelledOut(text, { commands($0) && $0 != "\n" && $0 != "\t" }, as: braced)
}

/// The same for one field of a line or a table: it cannot begin another line or column.
public func harmlessField(_ text: String) -> String {
    spelledOut(text, commands, as: braced)
}

/// The same for a page, where line ends of both kinds stay: a name cannot be shown as another one.
public func harmlessOnPage(_ text: String) -> String {
    // Nearly all text has none of the bytes that begin such a character.
    guard
        text.utf8.contains(where: { byte in
            byte < 0x20 && ![0x09, 0x0A, 0x0D].contains(byte) || [0x7F, 0xC2, 0xD8, 0xE2, 0xEF, 0xF3].contains(byte)
        })
    else { return text }
    return spelledOut(text, { commands($0) && !["\n", "\r", "\t"].contains($0) }, as: braced)
}

/// The same for JSON, as JSON spells it: in valid JSON such characters stand inside strings only.
public func harmlessJSON(_ json: String) -> String {
    spelledOut(
        json, { commands($0) && !["\n", "\r", "\t"].contains($0) },
        as: { scalar in
            String(scalar).utf16.map { unit in
                let hex = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }.joined()
        })
}

private func braced(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

private func spelledOut(
    _ text: String, _ isSpelled: (Unicode.Scalar) -> Bool, as spell: (Unicode.Scalar) -> String
) -> String {
    guard text.unicodeScalars.contains(where: isSpelled) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
        if isSpelled(scalar) { out += spell(scalar) } else { out.unicodeScalars.append(scalar) }
    }
    return out
}

/// Control characters (ESC begins a sequence, so do the C1 codes), and what changes the direction or hides.
private func commands(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F: true
    // Marks, embeddings, overrides and isolates of direction; line and paragraph separators.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    // Of no width: a name looks like another. The joiners of scripts and emoji (200C, 200D) stay.
    case 0x200B, 0x2060...0x2064, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
    default: false
    }
}
