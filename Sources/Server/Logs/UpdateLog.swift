import Domain
import Postgres
import RunnerProto
import Web

/// UpdateLog: a runner hands over the next rows of a task's log (runner.md 5.1).
///
/// All of them are stored and acked in this call, whatever their number: at its end a runner sends its whole backlog, counts
/// an ack of less as a failed try, and after ten of those never sends its result.
package enum UpdateLog {
    static let path = "/api/actions/runner.v1.RunnerService/UpdateLog"

    /// Only registered runners get here: a body may hold millions of rows.
    @Sendable static func answer(
        _ call: ConnectCall, _ runner: Runner, _ request: Request, _ app: App
    ) throws -> Runner_V1_UpdateLogResponse {
        var intake = LogIntake(app: app, runner: runner, now: request.now)
        switch call.codec {
        case .proto: try readProto(call, request, into: &intake)
        case .json: try readJSON(call, request, into: &intake)
        }
        var answer = Runner_V1_UpdateLogResponse()
        answer.ackIndex = try intake.finish()
        return answer
    }

    /// Backlogs wait rather than being refused: many runners may end at once, and each refusal is one of their ten tries.
    package static func backlogs(_ router: Router<App>) -> LongRequests {
        LongRequests(
            threads: LogLimits.backlogThreads, waitingMax: LogLimits.backlogsWaitingMax,
            takes: { $0.rawPath == path && $0.announcedBytes ?? 0 >= LogLimits.backlogBytes },
            refusal: {
                let words = "\(LogLimits.backlogsWaitingMax) large logs are waiting to be stored; try again in a moment"
                return router.refusal(of: $0, for: Failure(.busy, words))
            })
    }

    private static func readProto(_ call: ConnectCall, _ request: Request, into intake: inout LogIntake) throws {
        var reader = UpdateLogReader()
        do {
            try body(of: call, request) { piece in
                guard !intake.isOver else { return }
                try reader.feed(piece) { try intake.take($0) }
            }
            if !intake.isOver { try reader.finish() }
        } catch is UpdateLogReader.Malformed {
            throw Failure(.invalid, "could not read \(Runner_V1_UpdateLogRequest.protoMessageName): malformed fields")
        }
    }

    /// JSON is held in memory; its rows are decoded a few at a time. No runner in use sends logs as JSON; scripts do.
    private static func readJSON(_ call: ConnectCall, _ request: Request, into intake: inout LogIntake) throws {
        var bytes: [UInt8] = []
        try body(of: call, request) { piece in
            guard bytes.count + piece.count <= LogLimits.unpackedBytesMax else {
                throw Failure(
                    .tooLarge,
                    "the JSON message is over \(LogLimits.unpackedBytesMax) bytes; send fewer rows, or protobuf")
            }
            bytes += piece
        }
        guard !bytes.isEmpty else { throw Failure(.invalid, "the body is empty; JSON needs at least {}") }
        let parts = try UpdateLogJSON(bytes)
        let head = try call.replacingBody(parts.head).message(Runner_V1_UpdateLogRequest.self)
        try intake.take(.task(head.taskID))
        try intake.take(.index(head.index))
        try intake.take(.noMore(head.noMore))
        try parts.rows { rows in
            guard !intake.isOver else { return }
            for row in try call.replacingBody(rows).message(Runner_V1_UpdateLogRequest.self).rows {
                try row.content.withBytes {
                    try intake.take(
                        .row(time: row.hasTime ? (row.time.seconds, row.time.nanos) : nil, content: $0))
                }
            }
        }
    }

    /// The body's bytes, unpacked.
    private static func body(
        of call: ConnectCall, _ request: Request, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let stream = request.stream else { return try call.body.withUnsafeBytes(take) }
        guard call.isStreamCompressed else { return try stream.read(take) }
        let gunzip = GunzipStream()
        var unpacked = 0
        do {
            try stream.read { packed in
                try gunzip.feed(packed) { piece in
                    unpacked += piece.count
                    guard unpacked <= LogLimits.unpackedBytesMax else {
                        throw Failure(
                            .tooLarge, "the message is over \(LogLimits.unpackedBytesMax) bytes once decompressed")
                    }
                    try take(piece)
                }
            }
            if unpacked > 0 { try gunzip.finish() }
        } catch is Gzip.Problem {
            throw Failure(.invalid, "the body is not gzip, though Content-Encoding says so")
        }
    }
}

extension String {
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var text = self
        try text.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
    }
}
