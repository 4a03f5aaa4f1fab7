extension StringProtocol {
    /// The parts between an ASCII character, compared as bytes.
    ///
    /// Not `split(separator:)` of String: that compares Characters, and `\r\n` is one, as is `/` with a combining mark
    /// behind it. A line of a file with CRLF, or a part of a path, would not end where every other program says it does.
    public func split(
        byte separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
    ) -> [String] {
        precondition(separator.isASCII, "a byte splits UTF-8 only when it is ASCII")
        return utf8.split(
            separator: UInt8(ascii: separator), maxSplits: maxSplits,
            omittingEmptySubsequences: omittingEmptySubsequences
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The lines that are not empty, ended by LF or CRLF.
    public var textLines: [String] {
        split(byte: "\n").map { line in
            line.utf8.last == 0x0D ? String(decoding: line.utf8.dropLast(), as: UTF8.self) : line
        }.filter { !$0.isEmpty }
    }
}
