import Client
import Crypto
import Domain
import Foundation
import Postgres
import Web

/// The artifact API of upload-artifact and download-artifact v2 and v3 (artifacts.md 2).
enum ArtifactV3Routes {
    private static let artifacts = "/api/actions_pipeline/_apis/pipelines/workflows/{run}/artifacts"

    static let all: [Route] = [
        Route("POST", artifacts, access: .taskByAnyToken, announce),
        Route("PATCH", artifacts, access: .taskByAnyToken, finish),
        Route("GET", artifacts, access: .taskByAnyToken, list),
        Route("PUT", artifacts + "/{hash}/upload", access: .taskByAnyToken, put),
        Route("GET", artifacts + "/{hash}/download_url", access: .taskByAnyToken, files),
        Route("GET", artifacts + "/{artifact}/download", access: .taskByAnyToken, download),
    ]

    /// Whether everything below one run's artifacts, and nothing more, which nginx sends to the poll lane.
    static func isHeld(_ request: Request) -> Bool { all[0].bind(request.segments) != nil }

    // MARK: Upload

    private struct Announcement: Decodable {
        package let name: String
        let retentionDays: Int64?

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        /// Clients write "Name"; any case is taken.
        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            func key(_ name: String) -> Key? { members.allKeys.first { $0.stringValue.lowercased() == name } }
            guard let nameKey = key("name") else {
                throw DecodingError.keyNotFound(
                    Key(stringValue: "Name"), .init(codingPath: [], debugDescription: "no Name"))
            }
            name = try members.decode(String.self, forKey: nameKey)
            retentionDays = try key("retentiondays").flatMap { try members.decodeIfPresent(Int64.self, forKey: $0) }
        }
    }

    @Sendable private static func announce(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let task = try task(of: request)
        let wanted: Announcement
        do { wanted = try JSONDecoder().decode(Announcement.self, from: Data(request.body)) } catch {
            throw Failure(
                .invalid, #"the body must be JSON such as {"Type":"actions_storage","Name":"my-artifact"}"#)
        }
        let name = try artifactName(wanted.name)
        let asked = asked(days: wanted.retentionDays)
        try app.artifacts.announce(name, by: task, asked: asked, now: request.now)
        let days = wanted.retentionDays.flatMap { $0 > 0 ? "?retentionDays=\($0)" : nil } ?? ""
        return .json(
            200,
            #"{"fileContainerResourceUrl":"\#(jsonEscaped(address(task.run, request, app)))/\#(mark(name))/upload\#(days)"}"#
        )
    }

    /// Before nginx reads a chunk's body: everything that can be known by then.
    static func check(_ request: Request, _ app: App) throws {
        guard let bound = all[3].bind(request.segments) else { throw Failure(.missing, "not found") }
        var request = request
        request.path = bound
        request.task = try app.liveTask(of: request)
        let task = try task(of: request)
        _ = try item(of: request)
        let chunk = try range(request.parameters["MILLRACE_CONTENT_RANGE"])
        let bytesMax = app.configuration.artifacts.blockBytesMax
        guard Int64(chunk.bytes.count) <= bytesMax else {
            throw Failure(.tooLarge, "a chunk has at most \(bytesMax) bytes, this one \(chunk.bytes.count)")
        }
        if let length = request.parameters["MILLRACE_ORIGINAL_LENGTH"].flatMap({ Int64($0) }),
            length != Int64(chunk.bytes.count)
        {
            throw Failure(.invalid, "Content-Range has \(chunk.bytes.count) bytes, Content-Length says \(length)")
        }
        try app.artifacts.admit(task.repository, adding: chunk.total)
    }

    @Sendable private static func put(_ request: Request, _: Caller, _ app: App) throws -> Response {
        guard let spooled = request.spooledBody else { throw Failure(.missing, "not found") }
        defer { app.storage.dropSpooled(spooled) }
        let task = try task(of: request)
        let item = try item(of: request)
        let chunk = try range(request.header("Content-Range"))
        let bytes = try UploadRoutes.spooledBytes(spooled, app)
        guard bytes == Int64(chunk.bytes.count) else {
            throw Failure(.invalid, "Content-Range has \(chunk.bytes.count) bytes, \(bytes) came; send the chunk again")
        }
        // Clients before action 3.1.0 send none.
        if let wanted = request.header("x-actions-results-md5") {
            let got = try app.storage.spooledMD5(spooled)
            guard got == wanted else {
                throw Failure(.invalid, "x-actions-results-md5 is \"\(wanted)\", the bytes that came have \"\(got)\"")
            }
        }
        let isGzip: Bool
        switch request.header("Content-Encoding")?.lowercased() {
        case nil, "identity": isGzip = false
        case "gzip": isGzip = true
        case .some(let other): throw Failure(.invalid, "Content-Encoding \"\(other)\" must be gzip or absent")
        }
        let days = request.query["retentionDays"].flatMap { Int64($0) }
        let upload = try app.artifacts.upload(
            of: item, chunk: chunk, isGzip: isGzip, by: task, asked: asked(days: days), now: request.now)
        do {
            app.storage.drop(
                try app.storage.staging(spooled, for: upload) {
                    try app.uploads.put(chunk, file: spooled, isGzip: isGzip, into: upload)
                })
        } catch let problem as ChunkProblem {
            throw Failure(.invalid, "\(problem)")
        }
        return .json(200, #"{"message":"success"}"#)
    }

    @Sendable private static func finish(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let task = try task(of: request)
        try Assembly(app: app).finishFiles(of: try artifactName(request.query["artifactName"] ?? ""), by: task)
        return .json(200, #"{"message":"success"}"#)
    }

    // MARK: Download

    @Sendable private static func list(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let task = try task(of: request)
        let found = try app.artifactViews.visible(in: task.run, protocols: [3], limit: ArtifactLimits.listMax)
        let base = address(task.run, request, app)
        let items = try found.map { artifact in
            #"{"name":"\#(jsonEscaped(artifact.name))","fileContainerResourceUrl":"\#(jsonEscaped(base))/\#(mark(try artifactName(artifact.name)))/download_url"}"#
        }
        return .json(200, #"{"count":\#(items.count),"value":[\#(items.joined(separator: ","))]}"#)
    }

    @Sendable private static func files(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let task = try task(of: request)
        let name = try artifactName(request.query["itemPath"] ?? "")
        guard mark(name) == request.path["hash"],
            let artifact = try app.artifactViews.visible(
                in: task.run, protocols: [3], name: name.text, limit: 1
            ).first
        else { throw Failure(.missing, "this run has no artifact \"\(name.text)\"") }
        let base = address(task.run, request, app)
        let items = try app.artifactViews.files(of: artifact.id).map { file in
            // No fileLength: a client that reads 0 there does not fetch, and forgets the file (artifacts.md 2.5).
            #"{"path":"\#(jsonEscaped("\(artifact.name)/\(file.path)"))","itemType":"file","contentLocation":"\#(jsonEscaped(base))/\#(artifact.id)/download?path=\#(percentEncoded(file.path))"}"#
        }
        return .json(200, #"{"value":[\#(items.joined(separator: ","))]}"#)
    }

    @Sendable private static func download(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let task = try task(of: request)
        guard let id = request.int("artifact"),
            let file = try app.artifactViews.file(
                request.query["path"] ?? "", of: ArtifactID(id), in: task.run)
        else { throw Failure(.missing, "this run has no such file") }
        let name = file.path.split(byte: "/").last ?? file.path
        return try BlobAnswer(file, type: "application/octet-stream", name: name).response(to: request, app)
    }

    // MARK: Parts of a request

    /// Every run but the token's own does not exist (artifacts.md 2.1).
    private static func task(of request: Request) throws -> LiveTask {
        guard let task = request.task else { throw Failure(.unauthenticated, "the runtime token is required") }
        guard request.path["run"] == "\(task.run)" else {
            throw Failure(.missing, "run \"\(request.path["run"] ?? "")\" is not the token's, which is \(task.run)")
        }
        return task
    }

    private static func artifactName(_ text: String) throws -> ArtifactName {
        do { return try ArtifactName(text) } catch { throw Failure(.invalid, "\(error)") }
    }

    private static func item(of request: Request) throws -> ArtifactItemPath {
        let item: ArtifactItemPath
        do { item = try ArtifactItemPath(request.query["itemPath"] ?? "") } catch {
            throw Failure(.invalid, "\(error)")
        }
        guard mark(item.artifact) == request.path["hash"] else {
            throw Failure(
                .invalid,
                "the address is not that of the artifact \"\(item.artifact.text)\"; take it from the announcement")
        }
        return item
    }

    private static func range(_ text: String?) throws -> ChunkRange {
        do { return try ChunkRange(contentRange: text ?? "") } catch { throw Failure(.invalid, "\(error)") }
    }

    private static func asked(days: Int64?) -> AskedRetention { days.map { .days($0) } ?? .unsaid }

    /// A check of the name, no secret: MD5 as Gitea's addresses have it.
    private static func mark(_ name: ArtifactName) -> String {
        hex(Insecure.MD5.hash(data: Array(name.text.utf8)))
    }

    private static func address(_ run: RunID, _ request: Request, _ app: App) -> String {
        "\(app.base(of: request))/api/actions_pipeline/_apis/pipelines/workflows/\(run)/artifacts"
    }
}
