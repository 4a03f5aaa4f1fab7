import Client
import Domain
import Foundation
import Postgres
import Web

/// The signed address that an artifact's bytes are sent to, as the Azure SDK does it (artifacts.md 3.3), and the check that
/// nginx makes before it reads a body.
///
/// nginx stores every body in the spool first (docs/adr/0013); what arrives here is its name. Nothing of these requests is
/// trusted but the signature, which says which upload it is.
package enum UploadRoutes {
    package static let prefix = "/_artifacts/uploads"
    static let checkPath = "/_check/upload"

    static let all: [Endpoint] = [
        Endpoint(
            .put, prefix + "/{upload}", .signedUpload, shape: .azure, body: .spooled(bytesMax: blockBytesMax),
            answers: [.none(201), .failure(400), .failure(403), .failure(404), .failure(409), .failure(503)],
            "Take a part of an artifact, as Azure's blob storage does.", put),
        Endpoint(
            .put, prefix + "/probe/{bytes}", .signedProbe, shape: .azure, body: .spooled(bytesMax: blockBytesMax),
            answers: [.none(201), .failure(400), .failure(403)], "Take bytes that only show that they get here.", probe),
        Endpoint(
            .get, checkPath, .nginx, answers: [.none(204), .failure(403)],
            "Say whether the body of an upload may be read.", check),
    ]

    /// What nginx lets through by default; `artifacts.block_bytes_max` may be smaller.
    private static let blockBytesMax = Int(ArtifactConfiguration().blockBytesMax)

    /// What a request does, from its query and headers.
    private enum Step {
        case block(BlockID)
        case list
        case whole
        case beginAppending
        case append(at: Int64?)

        init(_ request: Request) throws {
            switch request.query["comp"]?.lowercased() {
            case nil:
                self = request.header("x-ms-blob-type")?.lowercased() == "appendblob" ? .beginAppending : .whole
            case "block":
                guard let id = request.query["blockid"] else {
                    // Gitea's own, for clients written by hand.
                    self = .append(at: nil)
                    return
                }
                guard !id.isEmpty else {
                    throw AzureProblem(
                        400, "InvalidQueryParameterValue",
                        "blockid= is empty; it must be the base64 of 1 to 64 bytes, or left out to append")
                }
                self = .block(try BlockID(base64: id))
            case "blocklist": self = .list
            case "appendblock":
                let position = request.header("x-ms-blob-condition-appendpos")
                self = .append(at: try position.map(Self.position))
            case .some(let other):
                throw AzureProblem(
                    400, "InvalidQueryParameterValue",
                    "comp=\(other) is not served here; use block, blocklist, appendblock, or none")
            }
        }

        private static func position(_ text: String) throws -> Int64 {
            guard let number = Int64(text), number >= 0 else {
                throw AzureProblem(
                    400, "InvalidHeaderValue", "x-ms-blob-condition-appendpos \"\(text)\" must be a number from 0")
            }
            return number
        }
    }

    // MARK: Before the body

    /// Asked by nginx for every upload, v3's too: 204, or what to answer instead of reading the body.
    @Sendable private static func check(_ request: Request, _ question: Question, _ app: App) throws -> Response {
        let original = question.original
        guard original.segments.first == "_artifacts" else {
            do {
                try ArtifactV3Routes.check(original, app)
                return .noContent
            } catch {
                app.report(error, of: original)
                let answer = FailureShape.pipeline.render(error)
                return .refusedUpload(
                    answer.status, type: "application/json", code: nil,
                    body: String(decoding: answer.body, as: UTF8.self))
            }
        }
        do {
            if original.segments.count == 4, original.segments[2] == "probe" {
                try checkProbe(original.segments[3], original, app)
                return .noContent
            }
            guard original.segments.count == 3, original.segments[1] == "uploads" else { throw AzureProblem.missing }
            try check(original, upload: original.segments[2], app)
            return .noContent
        } catch {
            app.report(error, of: original)
            let problem = AzureProblem(error)
            return .refusedUpload(problem.status, type: "application/xml", code: problem.code, body: problem.xml)
        }
    }

    private static func check(_ request: Request, upload text: String, _ app: App) throws {
        let upload = try open(text, request, app)
        let step = try Step(request)
        let length = request.parameters["MILLRACE_ORIGINAL_LENGTH"].flatMap { Int64($0) } ?? 0
        switch step {
        case .list:
            guard length <= ArtifactLimits.blockListBytesMax else {
                throw AzureProblem.tooLarge("the block list", bytesMax: Int64(ArtifactLimits.blockListBytesMax))
            }
        case .block, .whole, .append, .beginAppending:
            let bytesMax = app.configuration.artifacts.blockBytesMax
            guard length <= bytesMax else { throw AzureProblem.tooLarge("the body", bytesMax: bytesMax) }
            let staged = try app.uploads.staged(in: upload.id)
            guard staged.blocks < Int64(ArtifactLimits.blockCountMax) * 2 else { throw UploadProblem.tooManyBlocks }
            try app.artifacts.admit(upload.repository, adding: staged.bytes + length)
        }
    }

    /// The upload of an address whose signature is right.
    fileprivate static func open(_ text: String, _ request: Request, _ app: App) throws -> Upload {
        let number = canonicalNumber(text) ?? 0
        try app.keys.signedURLs.verify(.upload, id: number, query: request.query, now: request.now)
        guard let upload = try app.uploads.upload(UploadID(number)) else { throw AzureProblem.missing }
        guard !upload.isFinished else { throw AzureProblem.finished }
        guard upload.isOpen, upload.taskIsLive else { throw AzureProblem.missing }
        return upload
    }

    // MARK: Probe

    /// `millrace doctor` sends bodies of a known size the way that blocks go; nothing of them is kept.
    @Sendable private static func probe(_ request: Request, _ probe: SpooledProbe, _ app: App) throws -> Response {
        defer { app.storage.dropSpooled(probe.file) }
        let bytes = try spooledBytes(probe.file, app)
        guard bytes == probe.bytes else {
            throw AzureProblem(400, "IncompleteBody", "\(bytes) bytes came of \(probe.bytes)")
        }
        return Response(201, type: "text/plain", body: [], headers: echoed(request))
    }

    @discardableResult
    fileprivate static func checkProbe(_ text: String, _ request: Request, _ app: App) throws -> Int64 {
        let bytes = canonicalNumber(text) ?? 0
        try app.keys.signedURLs.verify(.probe, id: bytes, query: request.query, now: request.now)
        return bytes
    }

    // MARK: With the body

    /// The body is in the spool; it becomes part of the upload, or goes.
    @Sendable private static func put(_ request: Request, _ part: SpooledPart, _ app: App) throws -> Response {
        let spooled = part.file
        let upload = part.upload
        // What was staged is not there any more.
        defer { app.storage.dropSpooled(spooled) }
        let bytes = try spooledBytes(spooled, app)
        try verifyChecksums(spooled, request, app)
        var headers: [(name: String, value: String)] = []
        // Each commit of content is another one.
        let committed = (name: "ETag", value: "\"\(upload.id)-\(request.now.microseconds)\"")
        switch try Step(request) {
        case .block(let id):
            app.storage.drop(
                try app.storage.staging(spooled, for: upload.id) {
                    try app.uploads.put(id, file: spooled, bytes: bytes, into: upload.id)
                })
        case .list:
            let text = try app.storage.readSpooled(spooled, bytesMax: ArtifactLimits.blockListBytesMax)
            app.storage.drop(try app.uploads.commitList(try readBlockList(text), of: upload.id))
            headers.append(committed)
        case .whole:
            app.storage.drop(
                try app.storage.staging(spooled, for: upload.id) {
                    try app.uploads.putWhole(spooled, bytes: bytes, into: upload.id)
                })
            headers.append(committed)
        case .beginAppending:
            guard bytes == 0 else {
                throw AzureProblem(400, "InvalidHeaderValue", "an append blob begins empty; append its bytes")
            }
            app.storage.drop(try app.uploads.beginAppending(to: upload.id))
            headers.append(committed)
        case .append(let position):
            let place = try app.storage.staging(spooled, for: upload.id) {
                try app.uploads.append(spooled, bytes: bytes, at: position, to: upload.id)
            }
            headers += [
                (name: "x-ms-blob-append-offset", value: "\(place.offset)"),
                (name: "x-ms-blob-committed-block-count", value: "\(place.blocks)"),
                (name: "ETag", value: "\"\(upload.id)-\(place.offset + bytes)\""),
            ]
        }
        return Response(201, type: "text/plain", body: [], headers: headers + echoed(request))
    }

    /// An instance that died with the request may have taken the file along; the client sends it again.
    static func spooledBytes(_ spooled: String, _ app: App) throws -> Int64 {
        do { return try app.storage.spooledBytes(spooled) } catch let problem as FileProblem where problem.isMissing {
            throw Failure(.busy, "the body was lost on its way; send it again")
        }
    }

    /// What clients said of their bytes must be so; what they did not say is not asked for.
    private static func verifyChecksums(_ spooled: String, _ request: Request, _ app: App) throws {
        if let wanted = request.header("Content-MD5") {
            let got = try app.storage.spooledMD5(spooled)
            guard got == wanted else {
                throw AzureProblem(400, "Md5Mismatch", "Content-MD5 is \(wanted), the bytes that came have \(got)")
            }
        }
        if let wanted = request.header("x-ms-content-crc64") {
            var crc = CRC64()
            try app.storage.eachSpooledPiece(spooled) { crc.update($0) }
            guard crc.base64 == wanted else {
                throw AzureProblem(
                    400, "Crc64Mismatch", "x-ms-content-crc64 is \(wanted), the bytes that came have \(crc.base64)")
            }
        }
    }

    private static func echoed(_ request: Request) -> [(name: String, value: String)] {
        var headers = [(name: "x-ms-request-id", value: UUID().uuidString.lowercased())]
        for name in ["x-ms-version", "x-ms-client-request-id"] {
            if let value = request.header(name), value.utf8.count <= ArtifactLimits.echoedBytesMax {
                headers.append((name: name, value: value))
            }
        }
        headers.append((name: "x-ms-request-server-encrypted", value: "false"))
        return headers
    }
}

/// A body in the spool, for the upload that a signed address names.
struct SpooledPart: Sendable {
    let upload: Upload
    let file: String
}

/// A body in the spool that `millrace doctor` sent, with the number of bytes that it sent.
struct SpooledProbe: Sendable {
    let bytes: Int64
    let file: String
}

extension App {
    /// What cannot be used of the spool goes at once.
    fileprivate func spooled<Found>(_ request: Request, _ body: (String) throws -> Found) throws -> Found {
        guard let file = request.spooledBody else { throw AzureProblem.missing }
        do { return try body(file) } catch {
            storage.dropSpooled(file)
            throw error
        }
    }
}

extension Web.Access where App == Server.App, Context == SpooledPart {
    /// Whoever has the signed address of an upload whose job still runs.
    static var signedUpload: Self {
        Self("signed: upload") { request, app in
            try app.spooled(request) { file in
                SpooledPart(upload: try UploadRoutes.open(request.path["upload"] ?? "", request, app), file: file)
            }
        }
    }
}

extension Web.Access where App == Server.App, Context == SpooledProbe {
    static var signedProbe: Self {
        Self("signed: probe") { request, app in
            try app.spooled(request) { file in
                SpooledProbe(bytes: try UploadRoutes.checkProbe(request.path["bytes"] ?? "", request, app), file: file)
            }
        }
    }
}

extension Request {
    /// The name that nginx stored the body under; nil when the request did not come that way. Clients cannot set it: their
    /// headers arrive as HTTP_….
    var spooledBody: String? {
        guard let name = parameters["MILLRACE_SPOOLED"], name.utf8.count == 32,
            name.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        return name
    }
}
