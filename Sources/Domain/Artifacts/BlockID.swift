/// A client's name for one block of its upload: opaque bytes, never a part of a path (artifacts.md 3.3).
public struct BlockID: Hashable, Sendable {
    /// 1 to ``ArtifactLimits/blockIDBytesMax``.
    public let bytes: [UInt8]

    /// Reads standard base64 with its padding, as Azure does; percent-decoding is done.
    ///
    /// Unused bits at the end must be zero. Otherwise "AA==" and "AB==" were one block, and a client that counts in its
    /// ids would lose blocks without being told.
    public init(base64 text: String) throws(BlockProblem) {
        try self.init(base64: Array(text.utf8)[...])
    }

    init(base64 text: ArraySlice<UInt8>) throws(BlockProblem) {
        let textBytesMax = (ArtifactLimits.blockIDBytesMax + 2) / 3 * 4
        guard !text.isEmpty, text.count <= textBytesMax, text.count % 4 == 0, let bytes = decoded(text),
            bytes.count <= ArtifactLimits.blockIDBytesMax
        else { throw .id(String(decoding: text.prefix(textBytesMax + 1), as: UTF8.self)) }
        self.bytes = bytes
    }
}

/// - Parameter text: a multiple of four bytes.
private func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var bitCount = 0
    for byte in text.dropLast(padding) {
        guard let value = base64Value(byte) else { return nil }
        bits = bits << 6 | value
        bitCount += 6
        if bitCount >= 8 {
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
        }
    }
    return bits & (1 << UInt32(bitCount) - 1) == 0 ? bytes : nil
}

private func base64Value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a") + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0") + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}

/// What is wrong with a block or with a list of them. Azure's SDKs show code and text to whoever runs the job.
public enum BlockProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text, cut where it is longer than any id.
    case id(String)
    /// A list names a block that was not uploaded; its place, counted from 1.
    case notStaged(place: Int)
    case tooManyBlocks
    /// Not the XML that a list is; the offset in bytes where that showed.
    case xml(String, at: Int)

    /// - Source: the error codes of Azure's Blob service.
    public var azureCode: String {
        switch self {
        case .id: "InvalidBlockId"
        case .notStaged: "InvalidBlockList"
        case .tooManyBlocks: "BlockListTooLong"
        case .xml: "InvalidXmlDocument"
        }
    }

    public var description: String {
        switch self {
        case .id(let text):
            "block id \"\(shown(text))\" is not base64 of 1 to \(ArtifactLimits.blockIDBytesMax) bytes; "
                + "send standard base64 with its padding"
        case .notStaged(let place):
            "block \(place) of the list was not uploaded; upload all blocks before the list that names them"
        case .tooManyBlocks:
            "the list names more than \(ArtifactLimits.blockCountMax) blocks; upload fewer, larger ones"
        case .xml(let found, let offset):
            "the block list \(found) at byte \(offset); send <BlockList><Latest>id</Latest>…</BlockList>"
        }
    }
}
