import Domain

/// The lists of an UpdateTaskRequest, cut to their limits before it is decoded: an entry takes a few bytes on the wire and
/// a hundred decoded. Field numbers are runner.proto's.
enum UpdateTaskLists {
    private static let state: UInt64 = 1
    private static let outputs: UInt64 = 2
    private static let stateSteps: UInt64 = 5

    /// - Returns: nil when it is not protobuf.
    static func cut(_ body: [UInt8]) -> [UInt8]? {
        var states = 0
        return ProtoFields.filtered(
            body[...],
            keeping: { field, count in
                switch field {
                case state:
                    states += 1
                    return states == 1
                case outputs: return count <= TaskLimits.reportedOutputsMax
                default: return false
                }
            },
            mapping: { field, content in
                guard field == state else { return content }
                // Ids, result and times are few; a repeated one counts once.
                return ProtoFields.filtered(
                    content,
                    keeping: { field, count in
                        field == stateSteps ? count <= TaskLimits.reportedStepsMax : count == 1
                    }, mapping: { $1 }
                ).map { $0[...] }
            })
    }
}

/// A protobuf message as the fields on its wire.
enum ProtoFields {
    /// The message without the fields that are not to be kept.
    ///
    /// - Parameters:
    ///   - keeping: asked of each field by its number and how many of that number there were, this one included.
    ///   - mapping: what a field of counted bytes is replaced by; nil refuses the message.
    /// - Returns: nil when it is not protobuf.
    static func filtered(
        _ body: ArraySlice<UInt8>, keeping: (_ field: UInt64, _ count: Int) -> Bool,
        mapping: (_ field: UInt64, _ content: ArraySlice<UInt8>) -> ArraySlice<UInt8>?
    ) -> [UInt8]? {
        var kept: [UInt8] = []
        var counts: [UInt64: Int] = [:]
        var at = body.startIndex
        while at < body.endIndex {
            let start = at
            guard let tag = varint(body, &at), tag >> 3 > 0 else { return nil }
            let contentStart: Int
            switch tag & 7 {
            case 0:
                contentStart = at
                guard varint(body, &at) != nil else { return nil }
            case 1, 5:
                contentStart = at
                at += tag & 7 == 1 ? 8 : 4
            case 2:
                guard let length = varint(body, &at), length <= UInt64(body.endIndex - at) else { return nil }
                contentStart = at
                at += Int(length)
            default: return nil  // groups: no message of these protocols has them
            }
            guard at <= body.endIndex else { return nil }
            // Unknown numbers may be many; none of them is kept, so they are not counted.
            guard tag >> 3 < 64 else { continue }
            counts[tag >> 3, default: 0] += 1
            guard keeping(tag >> 3, counts[tag >> 3] ?? 0) else { continue }
            guard tag & 7 == 2 else {
                kept += body[start..<at]
                continue
            }
            guard let content = mapping(tag >> 3, body[contentStart..<at]) else { return nil }
            appendVarint(tag, to: &kept)
            appendVarint(UInt64(content.count), to: &kept)
            kept += content
        }
        return kept
    }

    private static func varint(_ body: ArraySlice<UInt8>, _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < body.endIndex, shift < 64 {
            let byte = body[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private static func appendVarint(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
