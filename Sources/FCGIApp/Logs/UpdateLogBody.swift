import Domain
import RunnerProto

/// Reads an UpdateLogRequest with only as many rows as one call stores.
///
/// After an outage a runner sends everything it has, again with each call. A decoded row takes a hundred bytes
/// whatever is in it and two on the wire, so 64 MiB of them would become gigabytes.
enum UpdateLogBody {
    /// Rows of a JSON message, which is decoded whole. No runner in use sends logs as JSON; scripts do.
    static let jsonRowsMax = 200_000

    /// - Returns: the message with its first `LogLimits.rowsPerCallMax` rows at most, and how many rows it has.
    static func read(_ call: ConnectCall) throws -> (message: Runner_V1_UpdateLogRequest, count: Int) {
        switch call.codec {
        case .proto:
            guard let cut = Self.cut(call.body, rowsMax: LogLimits.rowsPerCallMax) else {
                throw Failure(
                    .invalid, "could not read \(Runner_V1_UpdateLogRequest.protoMessageName): malformed fields")
            }
            return (try call.replacingBody(cut.body).message(Runner_V1_UpdateLogRequest.self), cut.rowCount)
        case .json:
            let count = objectCount(call.body)
            guard count <= jsonRowsMax else {
                throw Failure(.tooLarge, "\(count) objects in one JSON message; send fewer log rows at once")
            }
            let message = try call.message(Runner_V1_UpdateLogRequest.self)
            return (message, message.rows.count)
        }
    }

    /// The message without its rows from number `rowsMax` on; nil when it is not protobuf.
    static func cut(_ body: [UInt8], rowsMax: Int) -> (body: [UInt8], rowCount: Int)? {
        var kept: [UInt8] = []
        var rowCount = 0
        var at = 0
        while at < body.count {
            let start = at
            guard let tag = varint(body, &at), let end = fieldEnd(body, at, wireType: tag & 7) else { return nil }
            let isRow = tag == UInt64(rowsField << 3 | 2)
            if !isRow || rowCount < rowsMax { kept += body[start..<end] }
            if isRow { rowCount += 1 }
            at = end
        }
        return (kept, rowCount)
    }

    /// `repeated LogRow rows = 3` (runner.proto).
    private static let rowsField = 3

    private static func varint(_ body: [UInt8], _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < body.count, shift < 64 {
            let byte = body[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private static func fieldEnd(_ body: [UInt8], _ start: Int, wireType: UInt64) -> Int? {
        var at = start
        switch wireType {
        case 0: guard varint(body, &at) != nil else { return nil }
        case 1: at += 8
        case 2:
            guard let length = varint(body, &at), length <= UInt64(body.count - at) else { return nil }
            at += Int(length)
        case 5: at += 4
        default: return nil  // groups: no message of this protocol has them
        }
        return at <= body.count ? at : nil
    }

    /// Braces opened outside of strings: at least as many as there are rows.
    static func objectCount(_ body: [UInt8]) -> Int {
        var count = 0
        var isString = false
        var isEscaped = false
        for byte in body {
            switch (isString, byte) {
            case (true, _) where isEscaped: isEscaped = false
            case (true, UInt8(ascii: "\\")): isEscaped = true
            case (_, UInt8(ascii: "\"")): isString.toggle()
            case (false, UInt8(ascii: "{")): count += 1
            default: break
            }
        }
        return count
    }
}
