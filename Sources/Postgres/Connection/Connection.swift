import CLibpq
import Domain
import Glibc

/// How long PostgreSQL, or the network before it, may be silent. Milliseconds, of the monotonic clock.
public enum ConnectionLimits {
    /// Until a new connection can be used: names, TLS, login.
    public static let connectMilliseconds = 5_000
    /// `statement_timeout` of the pool's connections: PostgreSQL itself ends what runs longer.
    public static let statementMilliseconds = 30_000
    /// Until a statement's last row is here. Above `statementMilliseconds`, so that it passes only when PostgreSQL is
    /// frozen or the way to it is dead, and below nginx's `fastcgi_read_timeout`, so that clients get our words.
    public static let answerMilliseconds = 35_000
    /// A wait for one of the pool's connections.
    public static let poolMilliseconds = 5_000
    /// What libpq is told about TCP, unless the connection string says otherwise: libpq's defaults are two hours.
    static let tcpSettings = [
        ("tcp_user_timeout", "15000"), ("keepalives_idle", "10"), ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
    ]
}

/// One libpq connection. Owned by one thread at a time: the pool hands it to a caller and takes it back.
///
/// `@unchecked Sendable` is true because `Database` and `Listener` never give one to two threads at once.
public final class Connection: @unchecked Sendable {
    private let handle: OpaquePointer
    private let answerMilliseconds: Int?
    private var prepared: Set<String> = []
    /// What PostgreSQL was told last as `application_name`; nil when that may have been undone.
    private var applicationName: String? = StatementOrigin.nobody
    /// Its answer did not come in time: whatever it says from now on belongs to an old question.
    private var isAbandoned = false
    /// Statements sent over this process's connections; the idle-poll bench and tests read it.
    private(set) var statementCount = 0

    /// - Parameters:
    ///   - connectMilliseconds: how long login may take; a `connect_timeout` of the connection string replaces it.
    ///   - answerMilliseconds: how long an answer may take; nil for migrations, which may take hours.
    /// - Throws: `PostgresError` 08006 with libpq's own sentence.
    public init(
        dsn: String, connectMilliseconds: Int = ConnectionLimits.connectMilliseconds, answerMilliseconds: Int? = nil
    ) throws(PostgresError) {
        self.answerMilliseconds = answerMilliseconds
        guard let handle = Self.begin(dsn) else {
            throw PostgresError(sqlState: "53200", message: "could not allocate a connection", statement: "")
        }
        self.handle = handle
        try Self.finish(handle, within: connectMilliseconds)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Or a large parameter would be written for as long as PostgreSQL does not read.
        PQsetnonblocking(handle, 1)
    }

    deinit { PQfinish(handle) }

    /// Our settings first: whatever the connection string, expanded after them, says of the same replaces them.
    private static func begin(_ dsn: String) -> OpaquePointer? {
        let settings = ConnectionLimits.tcpSettings + [("dbname", dsn)]
        let keys = settings.map { strdup($0.0) }
        let values = settings.map { strdup($0.1) }
        defer { for text in keys + values { free(text) } }
        return PQconnectStartParams(
            keys.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
    }

    /// libpq's own waiting has no end below two seconds and none at all without `connect_timeout`.
    private static func finish(_ handle: OpaquePointer, within milliseconds: Int) throws(PostgresError) {
        func failure(_ words: String) -> PostgresError {
            PostgresError(sqlState: "08006", message: "could not connect to PostgreSQL: \(words)", statement: "")
        }
        let milliseconds = connectTimeout(handle) ?? milliseconds
        let deadline = Deadline(milliseconds: milliseconds)
        var wants = PGRES_POLLING_WRITING
        while PQstatus(handle) != CONNECTION_BAD {
            guard deadline.wait(for: PQsocket(handle), reading: wants == PGRES_POLLING_READING) else {
                // Not PQfinish: `deinit` does that, also for an init that throws once all is set.
                throw failure("no answer within \(milliseconds) ms")
            }
            wants = PQconnectPoll(handle)
            if wants == PGRES_POLLING_OK { return }
            if wants == PGRES_POLLING_FAILED { break }
        }
        throw failure(trimmed(PQerrorMessage(handle)))
    }

    /// What the operator asked for, in milliseconds. 0 is libpq's word for "without end", which nothing here is.
    private static func connectTimeout(_ handle: OpaquePointer) -> Int? {
        guard let seconds = setting("connect_timeout", of: handle).flatMap({ Int($0) }), (1...3600).contains(seconds)
        else { return nil }
        return seconds * 1000
    }

    /// A setting of the connection as it was put together from ours, the connection string and the environment.
    func setting(_ keyword: String) -> String? { Self.setting(keyword, of: handle) }

    private static func setting(_ keyword: String, of handle: OpaquePointer) -> String? {
        guard let options = PQconninfo(handle) else { return nil }
        defer { PQconninfoFree(options) }
        var option = options
        while let name = option.pointee.keyword {
            if String(cString: name) == keyword { return option.pointee.val.map { String(cString: $0) } }
            option += 1
        }
        return nil
    }

    public var isHealthy: Bool {
        !isAbandoned && PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }
    /// Nothing was begun that would have to be rolled back.
    var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }
    /// A statement failed, and PostgreSQL takes none until the transaction is rolled back.
    var isTransactionFailed: Bool { PQtransactionStatus(handle) == PQTRANS_INERROR }

    /// Runs several statements without parameters, as migrations do.
    public func script(_ sql: String) throws(PostgresError) {
        PQclear(try answer(to: "") { PQsendQuery(handle, sql) })
    }

    /// Prepares on first use, then runs with binary parameters and binary results.
    @discardableResult
    public func run(_ statement: Statement, _ values: [Value]) throws(PostgresError) -> [Row] {
        try prepare(statement, values)
        statementCount += 1
        let name = StatementOrigin.applicationName
        guard statement.tellsOrigin, name != applicationName, PQtransactionStatus(handle) == PQTRANS_IDLE else {
            let result = try answer(to: statement.name) { send(statement, values) }
            defer { PQclear(result) }
            return Self.rows(result)
        }
        return try run(statement, values, as: name)
    }

    private func prepare(_ statement: Statement, _ values: [Value]) throws(PostgresError) {
        guard !prepared.contains(statement.name) else { return }
        let types = values.map(\.oid)
        PQclear(
            try answer(to: statement.name) {
                types.withUnsafeBufferPointer {
                    PQsendPrepare(
                        handle, statement.name, statement.sql, Int32(values.count), $0.baseAddress)
                }
            })
        prepared.insert(statement.name)
    }

    private func send(_ statement: Statement, _ values: [Value]) -> Int32 {
        Self.withWire(values) { pointers, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, Int32(values.count), pointers, lengths, formats, 1)
        }
    }

    private static let setName = Statement("application_name", "select set_config('application_name', $1, false)")

    /// The statement, and before it for whom it is, sent together: one way there and back.
    private func run(_ statement: Statement, _ values: [Value], as name: String) throws(PostgresError) -> [Row] {
        try prepare(Self.setName, [.text(name)])
        statementCount += 1
        applicationName = nil
        guard PQenterPipelineMode(handle) == 1 else { throw lost(statement.name) }
        // Whatever throws before the pipeline is left makes the connection useless.
        var isInside = true
        defer { if isInside { isAbandoned = true } }
        let results = try answers(to: statement.name, count: 2) {
            guard send(Self.setName, [.text(name)]) == 1, send(statement, values) == 1 else { return 0 }
            return PQpipelineSync(handle)
        }
        defer { for result in results { PQclear(result) } }
        guard PQexitPipelineMode(handle) == 1 else { throw lost(statement.name) }
        isInside = false
        for result in results { try check(result, statement: statement.name) }
        applicationName = name
        return Self.rows(results.last ?? nil)
    }

    /// Begins a transaction, and says in the same breath for whom; the name is PostgreSQL's until the end of it.
    func begin(_ statement: Statement) throws(PostgresError) {
        statementCount += 1
        // Letters, digits and a space (`StatementOrigin`): nothing in it needs to be quoted.
        let sql = "\(statement.sql); set local application_name = '\(StatementOrigin.applicationName)'"
        PQclear(try answer(to: statement.name) { PQsendQuery(handle, sql) })
    }

    /// Sends several statements and waits for the answer to each, and for the end of them all.
    ///
    /// - Returns: `count` results, which may be errors. The caller clears them.
    private func answers(
        to statement: String, count: Int, _ send: () -> Int32
    ) throws(PostgresError) -> [OpaquePointer?] {
        guard !isAbandoned else { throw overdue(statement) }
        let deadline = Deadline(milliseconds: answerMilliseconds)
        guard send() == 1 else { throw lost(statement) }
        try flush(statement, deadline)
        var results: [OpaquePointer?] = []
        func fail(_ error: PostgresError) -> PostgresError {
            for result in results { PQclear(result) }
            // What else comes on this connection belongs to the pipeline that was broken off.
            isAbandoned = true
            return error
        }
        var isBetween = false
        while true {
            while PQisBusy(handle) == 1 {
                guard deadline.wait(for: PQsocket(handle), reading: true) else { throw fail(abandon(statement)) }
                guard PQconsumeInput(handle) == 1 else { throw fail(lost(statement)) }
            }
            guard let result = PQgetResult(handle) else {
                // The end of one statement's results, once; twice would be the end of a pipeline without its mark.
                guard PQstatus(handle) == CONNECTION_OK, !isBetween else { throw fail(lost(statement)) }
                isBetween = true
                continue
            }
            isBetween = false
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC {
                PQclear(result)
                guard results.count == count else { throw fail(lost(statement)) }
                return results
            }
            results.append(result)
            guard results.count <= count else { throw fail(lost(statement)) }
        }
    }

    private func overdue(_ statement: String) -> PostgresError {
        PostgresError(
            sqlState: "08006", message: "the connection was given up, its last answer is overdue", statement: statement)
    }

    private func flush(_ statement: String, _ deadline: Deadline) throws(PostgresError) {
        while true {
            let unsent = PQflush(handle)
            if unsent < 0 { return }  // PQgetResult has the words
            if unsent == 0, PQisBusy(handle) == 0 { return }
            guard deadline.wait(for: PQsocket(handle), reading: true, writing: unsent > 0) else {
                throw abandon(statement)
            }
            if PQconsumeInput(handle) == 0 { return }
        }
    }

    /// Sends and waits for the answer, but not for ever.
    ///
    /// - Returns: the last result, or the first that is an error was thrown. The caller clears it.
    private func answer(to statement: String, _ send: () -> Int32) throws(PostgresError) -> OpaquePointer? {
        guard !isAbandoned else { throw overdue(statement) }
        let deadline = Deadline(milliseconds: answerMilliseconds)
        guard send() == 1 else { throw lost(statement) }
        try flush(statement, deadline)
        var last: OpaquePointer?
        var failure: PostgresError?
        while true {
            while PQisBusy(handle) == 1 {
                guard deadline.wait(for: PQsocket(handle), reading: true) else {
                    PQclear(last)
                    throw abandon(statement)
                }
                if PQconsumeInput(handle) == 0 { break }
            }
            guard let result = PQgetResult(handle) else { break }
            PQclear(last)
            last = result
            do { try check(result, statement: statement) } catch { failure = failure ?? error }
        }
        guard let failure else {
            guard last != nil else { throw lost(statement) }
            return last
        }
        PQclear(last)
        throw failure
    }

    private func lost(_ statement: String) -> PostgresError {
        PostgresError(sqlState: "08006", message: Self.trimmed(PQerrorMessage(handle)), statement: statement)
    }

    /// The connection cannot be used again: what comes late would be taken for the answer to the next question.
    private func abandon(_ statement: String) -> PostgresError {
        isAbandoned = true
        shutdown(PQsocket(handle), Int32(SHUT_RDWR))
        return PostgresError(
            sqlState: "08006", message: "PostgreSQL did not answer within \(answerMilliseconds ?? 0) ms",
            statement: statement, isOverdue: true)
    }

    /// Takes what notifications have arrived, after waiting at most `milliseconds` for the socket.
    func notifications(waitMilliseconds milliseconds: Int32) throws(PostgresError) -> [Notification] {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, milliseconds)
        guard PQflush(handle) >= 0, PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
            throw lost("listen")
        }
        // Answers to `sendBeat`, which nobody waits for.
        while PQisBusy(handle) == 0, let result = PQgetResult(handle) {
            defer { PQclear(result) }
            try check(result, statement: "listen_beat")
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

    /// Sends a notification to a channel and waits for nothing; `notifications` takes the answer.
    /// - Returns: false when the one before has not been answered yet.
    func sendBeat(_ channel: String) throws(PostgresError) -> Bool {
        guard PQtransactionStatus(handle) == PQTRANS_IDLE else { return false }
        guard PQsendQuery(handle, "notify \(channel)") == 1 else { throw lost("listen_beat") }
        return true
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
        let types = (0..<width).map { PQftype(result, $0) }
        return (0..<PQntuples(result)).map { row in
            Row(
                columns: (0..<width).map { column in
                    guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
                        return nil
                    }
                    return Array(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column))))
                }, types: types)
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
        return String(cString: text).textLines.joined(separator: "; ")
    }
}

/// One NOTIFY as it arrived.
public struct Notification: Sendable, Equatable {
    public let channel: String
    public let payload: String
}
