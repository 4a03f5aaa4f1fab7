/// Text without case, as the expression language compares it: every scalar in upper case by itself, no locale, no
/// canonical equivalence (workflows.md 17.4).

func sameIgnoringCase(_ one: String, _ other: String) -> Bool {
    var (left, right) = (one.utf8.makeIterator(), other.utf8.makeIterator())
    while true {
        switch (left.next(), right.next()) {
        case (nil, nil): return true
        case (let a?, let b?) where a < 0x80 && b < 0x80: if foldedASCII(a) != foldedASCII(b) { return false }
        case (let a?, let b?) where a >= 0x80 && b >= 0x80: return foldedBytes(one) == foldedBytes(other)
        default: return false  // nothing outside of ASCII folds into it
        }
    }
}

private func foldedASCII(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte - 0x20 : byte }

/// UTF-8 of the text in upper case. Its order is that of the scalars.
func foldedBytes(_ text: String) -> [UInt8] {
    var folded: [UInt8] = []
    folded.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        if scalar.isASCII {
            folded.append(foldedASCII(UInt8(truncatingIfNeeded: scalar.value)))
        } else {
            folded.append(contentsOf: String(upper(scalar)).utf8)
        }
    }
    return folded
}

/// The simple mapping, one scalar to one. What would become ASCII stays: `ı` is no `I`.
private func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    // Where the full upper case has several scalars, the simple one is the title case, if that is one scalar.
    for mapping in [scalar.properties.uppercaseMapping, scalar.properties.titlecaseMapping] {
        let scalars = mapping.unicodeScalars
        if let only = scalars.first, scalars.count == 1 { return only.isASCII ? scalar : only }
    }
    return scalar
}

/// Does `part` stand in `text`? Takes time in proportion to both (Knuth, Morris and Pratt): both come from strangers.
func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    guard part.count <= text.count else { return false }
    guard part.count > 1 else { return text.contains(first) }
    // borders[i]: length of the longest proper prefix of part[...i] that is also its suffix.
    var borders = [0]
    borders.reserveCapacity(part.count)
    var matched = 0
    for index in 1..<part.count {
        while matched > 0, part[index] != part[matched] { matched = borders[matched - 1] }
        if part[index] == part[matched] { matched += 1 }
        borders.append(matched)
    }
    matched = 0
    for byte in text {
        while matched > 0, byte != part[matched] { matched = borders[matched - 1] }
        if byte == part[matched] { matched += 1 }
        if matched == part.count { return true }
    }
    return false
}
