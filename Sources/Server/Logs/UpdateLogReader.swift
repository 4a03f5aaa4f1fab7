import Domain
import Web

/// Reads an UpdateLogRequest from pieces of any size, in memory of one row: a body may have a gigabyte of them.
///
/// By hand, since SwiftProtobuf needs the whole message, and a decoded row takes a hundred bytes whatever is in it.
/// Field numbers are runner.proto's.
struct UpdateLogReader {
    struct Malformed: Error {}

    /// Bytes of a row that are looked at: its time, and more of its content than is stored.
    private static let rowBytesMax = LogLimits.rowBytesMax + 64
    private static let varintBytesMax = 10
    private enum Wire { static let varint = 0, eightBytes = 1, counted = 2, fourBytes = 5 }

    /// Bytes of a field that is not whole yet.
    private var pending: [UInt8] = []
    /// Bytes still to come of a field that nobody looks at.
    private var skipping = 0

    mutating func feed(_ piece: UnsafeRawBufferPointer, _ take: (LogIntake.Field) throws -> Void) throws {
        if pending.isEmpty {
            let used = try read(piece, take)
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[used...]))
        } else {
            pending.append(contentsOf: piece)
            let bytes = pending
            let used = try bytes.withUnsafeBytes { try read($0, take) }
            pending.removeFirst(used)
        }
    }

    /// - Throws: `Malformed` when the message ends within a field.
    func finish() throws {
        guard pending.isEmpty, skipping == 0 else { throw Malformed() }
    }

    /// - Returns: bytes read; what is left is the beginning of a field.
    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ take: (LogIntake.Field) throws -> Void
    ) throws -> Int {
        var at = min(skipping, bytes.count)
        skipping -= at
        while at < bytes.count {
            var next = at
            guard let tag = try Self.varint(bytes, &next) else { return at }
            guard tag >> 3 > 0 else { throw Malformed() }
            switch Int(tag & 7) {
            case Wire.varint:
                guard let value = try Self.varint(bytes, &next) else { return at }
                switch tag >> 3 {
                case 1: try take(.task(Int64(bitPattern: value)))
                case 2: try take(.index(Int64(bitPattern: value)))
                case 4: try take(.noMore(value != 0))
                default: break
                }
            case Wire.counted:
                guard let length = try Self.varint(bytes, &next) else { return at }
                guard length <= UInt64(LaneLimits.streamedBodyBytesMax) else { throw Malformed() }
                let isRow = tag >> 3 == 3
                let wanted = isRow ? min(Int(length), Self.rowBytesMax) : 0
                guard bytes.count - next >= wanted else { return at }
                if isRow {
                    let row = UnsafeRawBufferPointer(rebasing: bytes[next..<(next + wanted)])
                    try take(Self.row(row, isCut: wanted < length))
                }
                next = skip(Int(length), in: bytes, from: next)
            case Wire.eightBytes: next = skip(8, in: bytes, from: next)
            case Wire.fourBytes: next = skip(4, in: bytes, from: next)
            // Groups: no message of this protocol has them.
            default: throw Malformed()
            }
            at = next
        }
        return at
    }

    private mutating func skip(_ count: Int, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let here = min(count, bytes.count - start)
        skipping = count - here
        return start + here
    }

    /// - Parameter isCut: more of the row follows, and nobody wants it.
    private static func row(_ bytes: UnsafeRawBufferPointer, isCut: Bool) throws -> LogIntake.Field {
        var time: (seconds: Int64, nanoseconds: Int32)?
        var content = UnsafeRawBufferPointer(rebasing: bytes[..<0])
        try fields(of: bytes, isCut: isCut) { number, value in
            switch (number, value) {
            case (1, .bytes(let inner)):
                var seconds: Int64 = 0
                var nanoseconds: Int32 = 0
                try fields(of: inner, isCut: false) { number, value in
                    guard case .number(let value) = value else { return }
                    if number == 1 { seconds = Int64(bitPattern: value) }
                    if number == 2 { nanoseconds = Int32(truncatingIfNeeded: value) }
                }
                time = (seconds, nanoseconds)
            case (2, .bytes(let inner)): content = inner
            default: break
            }
        }
        return .row(time: time, content: content)
    }

    private enum Value {
        case number(UInt64)
        case bytes(UnsafeRawBufferPointer)
    }

    /// Fields of a message that is in memory, all of it or, when it is cut, its beginning.
    private static func fields(
        of bytes: UnsafeRawBufferPointer, isCut: Bool, _ take: (UInt64, Value) throws -> Void
    ) throws {
        var at = 0
        while at < bytes.count {
            guard let tag = try varint(bytes, &at) else { return try end(isCut) }
            switch Int(tag & 7) {
            case Wire.varint:
                guard let value = try varint(bytes, &at) else { return try end(isCut) }
                try take(tag >> 3, .number(value))
            case Wire.counted:
                guard let length = try varint(bytes, &at) else { return try end(isCut) }
                let here = min(length, UInt64(bytes.count - at))
                guard here == length || isCut else { throw Malformed() }
                try take(tag >> 3, .bytes(UnsafeRawBufferPointer(rebasing: bytes[at..<(at + Int(here))])))
                at += Int(here)
            case Wire.eightBytes: at += 8
            case Wire.fourBytes: at += 4
            default: throw Malformed()
            }
        }
        if at > bytes.count { try end(isCut) }
    }

    private static func end(_ isCut: Bool) throws {
        guard isCut else { throw Malformed() }
    }

    /// Nil when its end is not there yet; `at` is behind it otherwise.
    private static func varint(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) throws -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for place in at..<min(bytes.count, at + varintBytesMax) {
            let byte = bytes[place]
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                at = place + 1
                return value
            }
            shift += 7
        }
        guard bytes.count - at < varintBytesMax else { throw Malformed() }
        return nil
    }
}
