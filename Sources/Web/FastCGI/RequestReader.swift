/// Puts one request together from FastCGI records, fed as they arrive in pieces of any size.
///
/// Bounds are checked before a byte is looked at, and what is kept never exceeds one record and the limits below.
/// Source: FastCGI Specification 1.0, sections 3.3, 5.1 to 5.3.
struct RequestReader {
    enum Progress {
        case needsMore
        case complete(Parameters, body: [UInt8], id: UInt16)
        /// Not FastCGI that we serve; the connection must be closed.
        case refused(Refusal)
    }
    enum Refusal: Equatable {
        case unknownVersion(UInt8)
        case unknownRole(UInt16)
        case wrongOrder(record: UInt8)
        case foreignRequest(UInt16)
        case aborted
        case tooLarge
        case malformedParameters
    }
    private enum Stage { case begin, parameters, body, over }

    private let bytesMax: Int
    private var stage = Stage.begin
    private var pending: [UInt8] = []
    private var stream: [UInt8] = []
    private var body: [UInt8] = []
    private var id: UInt16 = 0

    /// - Parameter bytesMax: of the parameters, and of the body.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// What a complete or refused request is followed by is ignored: one request a connection.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> Progress {
        guard stage != .over else { return .needsMore }
        pending.append(contentsOf: piece)
        var at = 0
        while pending.count - at >= Record.headerBytes {
            let head = pending[at..<(at + Record.headerBytes)]
            let contentStart = at + Record.headerBytes
            let contentEnd = contentStart + Int(head[at + 4]) << 8 + Int(head[at + 5])
            let end = contentEnd + Int(head[at + 6])
            guard head[at] == Record.version else { return refuse(.unknownVersion(head[at])) }
            guard pending.count >= end else { break }
            let type = head[at + 1]
            let request = UInt16(head[at + 2]) << 8 | UInt16(head[at + 3])
            if let progress = takeRecord(type, request, pending[contentStart..<contentEnd]) { return progress }
            at = end
        }
        pending.removeFirst(at)
        return .needsMore
    }

    /// Nil when more records must come.
    private mutating func takeRecord(_ type: UInt8, _ request: UInt16, _ content: ArraySlice<UInt8>) -> Progress? {
        if stage != .begin, request != id { return refuse(.foreignRequest(request)) }
        switch (type, stage) {
        case (Record.beginRequest, .begin):
            // Role in two bytes, flags, five reserved.
            guard content.count == 8 else { return refuse(.wrongOrder(record: type)) }
            let role = UInt16(content[content.startIndex]) << 8 | UInt16(content[content.startIndex + 1])
            guard role == Record.responder else { return refuse(.unknownRole(role)) }
            id = request
            stage = .parameters
        case (Record.params, .parameters):
            stream.append(contentsOf: content)
            guard stream.count <= bytesMax else { return refuse(.tooLarge) }
            // An empty record ends a stream.
            if content.isEmpty { stage = .body }
        case (Record.stdin, .body):
            body.append(contentsOf: content)
            guard body.count <= bytesMax else { return refuse(.tooLarge) }
            guard content.isEmpty else { return nil }
            guard let parameters = Parameters(stream: stream) else { return refuse(.malformedParameters) }
            defer { finish() }
            return .complete(parameters, body: body, id: id)
        case (Record.abortRequest, .parameters), (Record.abortRequest, .body): return refuse(.aborted)
        default: return refuse(.wrongOrder(record: type))
        }
        return nil
    }

    private mutating func refuse(_ reason: Refusal) -> Progress {
        finish()
        return .refused(reason)
    }

    /// A parked request waits for seconds: nothing of its reading is kept.
    private mutating func finish() {
        stage = .over
        pending = []
        stream = []
        body = []
    }
}
