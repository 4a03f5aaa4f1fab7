import CLibpq
import Glibc

/// One libpq connection. Owned by one thread at a time: the pool hands it to a caller and takes it back.
///
/// `@unchecked Sendable` is true because `Pool` and `Listener` never give one to two threads at once.
public final class Connection: @unchecked Sendable {
    private let handle: OpaquePointer
    private var prepared: Set<String> = []
    /// Statements sent over this process's connections; the idle-poll bench and tests read it.
    nonisolated(unsafe) private(set) var statementCount = 0

    /// - Throws: `PostgresError` 08006 with libpq's own sentence.
    public init(dsn: String) throws(PostgresError) {
        guard let handle = PQconnectdb(dsn) else {
            throw PostgresError(sqlState: "53200", message: "could not allocate a connection", statement: "")
        }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            let message = Self.trimmed(PQerrorMessage(handle))
            throw PostgresError(
                sqlState: "08006", message: "could not connect to PostgreSQL: \(message)", statement: "")
        }
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    deinit { PQfinish(handle) }

    public var isHealthy: Bool { PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE }
    /// A statement failed, and PostgreSQL takes none until the transaction is rolled back.
    var isTransactionFailed: Bool { PQtransactionStatus(handle) == PQTRANS_INERROR }

    /// Runs several statements without parameters, as migrations do.
    public func script(_ sql: String) throws(PostgresError) {
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        try check(result, statement: "")
    }

    /// Prepares on first use, then runs with binary parameters and binary results.
    @discardableResult
    public func run(_ statement: Statement, _ values: [Value]) throws(PostgresError) -> [Row] {
        if !prepared.contains(statement.name) {
            let types = values.map(\.oid)
            let result = types.withUnsafeBufferPointer {
                PQprepare(handle, statement.name, statement.sql, Int32(values.count), $0.baseAddress)
            }
            defer { PQclear(result) }
            try check(result, statement: statement.name)
            prepared.insert(statement.name)
        }
        statementCount += 1
        let result = Self.withWire(values) { pointers, lengths, formats in
            PQexecPrepared(handle, statement.name, Int32(values.count), pointers, lengths, formats, 1)
        }
        defer { PQclear(result) }
        try check(result, statement: statement.name)
        return Self.rows(result)
    }

    /// Takes what notifications have arrived, after waiting at most `milliseconds` for the socket.
    func notifications(waitMilliseconds milliseconds: Int32) throws(PostgresError) -> [Notification] {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, milliseconds)
        guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
            throw PostgresError(sqlState: "08006", message: Self.trimmed(PQerrorMessage(handle)), statement: "listen")
        }
        var out: [Notification] = []
        while let note = PQnotifies(handle) {
            out.append(
                Notification(
                    channel: String(cString: note.pointee.relname), payload: String(cString: note.pointee.extra)))
            PQfreemem(note)
        }
        return out
    }

    private func check(_ result: OpaquePointer?, statement: String) throws(PostgresError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default:
            // No SQLSTATE means libpq itself lost the server: "08006", connection failure.
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "08006"
            let primary = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
            throw PostgresError(
                sqlState: state, message: primary ?? Self.trimmed(PQerrorMessage(handle)), statement: statement)
        }
    }

    private static func rows(_ result: OpaquePointer?) -> [Row] {
        let width = PQnfields(result)
        return (0..<PQntuples(result)).map { row in
            Row(
                columns: (0..<width).map { column in
                    guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
                        return nil
                    }
                    return Array(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column))))
                })
        }
    }

    private static func withWire<T>(
        _ values: [Value],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T
    ) -> T {
        let wires = values.map(\.wire)
        let total = wires.reduce(0) { $0 + max(1, $1?.count ?? 0) }
        // One buffer for all parameters: the pointers into it stay valid while `body` runs.
        return withUnsafeTemporaryAllocation(byteCount: max(1, total), alignment: 1) { buffer in
            var pointers: [UnsafePointer<CChar>?] = []
            var at = 0
            for wire in wires {
                guard let wire else { pointers.append(nil); continue }
                let slot = UnsafeMutableRawBufferPointer(rebasing: buffer[at..<(at + max(1, wire.count))])
                wire.withUnsafeBytes { slot.copyMemory(from: $0) }
                pointers.append(UnsafePointer(slot.baseAddress?.assumingMemoryBound(to: CChar.self)))
                at += max(1, wire.count)
            }
            let lengths = wires.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: values.count)
            return body(pointers, lengths, formats)
        }
    }

    private static func trimmed(_ text: UnsafeMutablePointer<CChar>?) -> String {
        guard let text else { return "" }
        return String(cString: text).split(separator: "\n").joined(separator: "; ")
    }
}

/// One NOTIFY as it arrived.
public struct Notification: Sendable, Equatable {
    public let channel: String
    public let payload: String
}
