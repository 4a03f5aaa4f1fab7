import Crypto
import Domain
import Foundation
import Postgres
import Web

/// The artifact API of upload-artifact and download-artifact v2 and v3 (artifacts.md 2).
enum ArtifactV3Routes {
    private static let artifacts = "/api/actions_pipeline/_apis/pipelines/workflows/{run}/artifacts"

    private static let failures: [AnswerShape] = [.failure(400), .failure(401), .failure(404)]

    static let all: [Endpoint] = [
        Endpoint(
            .post, artifacts, .run, lane: .besideLong,
            body: .json(Announcement.self, bytesMax: LaneLimits.pollBodyBytesMax),
            answers: [.json(200, ContainerAnswer.self)] + failures, "Announce an artifact.", announce),
        Endpoint(
            .patch, artifacts, .run, lane: .long, body: .text(bytesMax: LaneLimits.pollBodyBytesMax),
            answers: [.json(200, DoneAnswer.self)] + failures, "Put the files of an artifact together.", finish),
        Endpoint(
            .get, artifacts, .run, lane: .besideLong, answers: [.json(200, ContainerList.self)] + failures,
            "List the artifacts of a run.", list),
        Endpoint(
            .put, artifacts + "/{hash}/upload", .runWithBody,
            body: .spooled(bytesMax: Int(ArtifactConfiguration().blockBytesMax)),
            answers: [.json(200, DoneAnswer.self)] + failures, "Take a chunk of a file.", put),
        Endpoint(
            .get, artifacts + "/{hash}/download_url", .run, answers: [.json(200, FileList.self)] + failures,
            "List the files of an artifact.", files),
        Endpoint(
            .get, artifacts + "/{artifact}/download", .run,
            answers: [.media(200, "application/octet-stream"), .none(304)] + failures, "Download a file.", download),
    ]

    private struct DoneAnswer: Described {
        let message: String
        static let example = DoneAnswer(message: "success")
    }
    private struct ContainerAnswer: Described {
        let fileContainerResourceUrl: String
        static let example = ContainerAnswer(fileContainerResourceUrl: "https://ci.example/…/upload")
    }
    private struct Container: Described {
        let name: String
        let fileContainerResourceUrl: String
        static let example = Container(name: "dist", fileContainerResourceUrl: "https://ci.example/…/download_url")
    }
    private struct ContainerList: Described {
        let count: Int
        let value: [Container]
        static let example = ContainerList(count: 1, value: [.example])
    }
    /// No fileLength: a client that reads 0 there does not fetch, and forgets the file (artifacts.md 2.5).
    private struct File: Described {
        let path: String
        let itemType: String
        let contentLocation: String
        static let example = File(path: "dist/a.txt", itemType: "file", contentLocation: "https://ci.example/…")
    }
    private struct FileList: Described {
        let value: [File]
        static let example = FileList(value: [.example])
    }

    // MARK: Upload

    private struct Announcement: Described, Decodable {
        let name: String
        let retentionDays: Int64?

        static let example = Announcement(name: "my-artifact", retentionDays: 7)
        private init(name: String, retentionDays: Int64?) {
            self.name = name
            self.retentionDays = retentionDays
        }

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

    @Sendable private static func announce(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        let wanted: Announcement
        do { wanted = try JSONDecoder().decode(Announcement.self, from: Data(request.body)) } catch {
            throw Failure(
                .invalid, #"the body must be JSON such as {"Type":"actions_storage","Name":"my-artifact"}"#)
        }
        let name = try artifactName(wanted.name)
        let asked = asked(days: wanted.retentionDays)
        try app.artifacts.announce(name, by: task, asked: asked, now: request.now)
        let days = wanted.retentionDays.flatMap { $0 > 0 ? "?retentionDays=\($0)" : nil } ?? ""
        return try .json(
            200,
            ContainerAnswer(
                fileContainerResourceUrl: "\(address(task.run, request, app))/\(mark(name))/upload\(days)"))
    }

    /// Before nginx reads a chunk's body: everything that can be known by then.
    static func check(_ request: Request, _ app: App) throws {
        let parts = request.segments
        let place = parts.firstIndex(of: "workflows") ?? parts.endIndex
        guard parts.count == place + 5, parts[place + 2] == "artifacts", parts[place + 4] == "upload" else {
            throw Failure(.missing, "not found")
        }
        var request = request
        request.path = ["run": parts[place + 1], "hash": parts[place + 3]]
        let task = try ownRun(of: request, try app.liveTask(of: request))
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

    @Sendable private static func put(_ request: Request, _ chunkBody: SpooledChunk, _ app: App) throws -> Response {
        let (task, spooled) = (chunkBody.task, chunkBody.file)
        defer { app.storage.dropSpooled(spooled) }
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
        return try .json(200, DoneAnswer.example)
    }

    @Sendable private static func finish(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        try Assembly(app: app).finishFiles(of: try artifactName(request.query["artifactName"] ?? ""), by: task)
        return try .json(200, DoneAnswer.example)
    }

    // MARK: Download

    @Sendable private static func list(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        let found = try app.artifactViews.visible(in: task.run, protocols: [3], limit: ArtifactLimits.listMax)
        let base = address(task.run, request, app)
        let containers = try found.map { artifact in
            Container(
                name: artifact.name,
                fileContainerResourceUrl: "\(base)/\(mark(try artifactName(artifact.name)))/download_url")
        }
        return try .json(200, ContainerList(count: containers.count, value: containers))
    }

    @Sendable private static func files(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        let name = try artifactName(request.query["itemPath"] ?? "")
        guard mark(name) == request.path["hash"],
            let artifact = try app.artifactViews.visible(
                in: task.run, protocols: [3], name: name.text, limit: 1
            ).first
        else { throw Failure(.missing, "this run has no artifact \"\(name.text)\"") }
        let base = address(task.run, request, app)
        let files = try app.artifactViews.files(of: artifact.id).map { file in
            File(
                path: "\(artifact.name)/\(file.path)", itemType: "file",
                contentLocation: "\(base)/\(artifact.id)/download?path=\(percentEncoded(file.path))")
        }
        return try .json(200, FileList(value: files))
    }

    @Sendable private static func download(_ request: Request, _ task: LiveTask, _ app: App) throws -> Response {
        guard let id = request.int("artifact"),
            let file = try app.artifactViews.file(
                request.query["path"] ?? "", of: ArtifactID(id), in: task.run)
        else { throw Failure(.missing, "this run has no such file") }
        let name = file.path.split(byte: "/").last ?? file.path
        return try BlobAnswer(file, type: "application/octet-stream", name: name).response(to: request, app)
    }

    // MARK: Parts of a request

    /// Every run but the token's own does not exist (artifacts.md 2.1).
    fileprivate static func ownRun(of request: Request, _ task: LiveTask) throws -> LiveTask {
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

extension Web.Access where App == Server.App, Context == LiveTask {
    /// A running job by either of its tokens, for the run that the path names.
    fileprivate static var run: Self {
        Self("task: any token") { request, app in
            try ArtifactV3Routes.ownRun(of: request, try app.liveTask(of: request))
        }
    }
}

/// A chunk in the spool, of the job whose token came with it.
private struct SpooledChunk: Sendable {
    let task: LiveTask
    let file: String
}

extension Web.Access where App == Server.App, Context == SpooledChunk {
    /// As `run`; the body goes at once when it is refused.
    fileprivate static var runWithBody: Self {
        Self("task: any token") { request, app in
            let file = request.spooledBody
            do {
                let task = try ArtifactV3Routes.ownRun(of: request, try app.liveTask(of: request))
                guard let file else { throw Failure(.missing, "not found") }
                return SpooledChunk(task: task, file: file)
            } catch {
                if let file { app.storage.dropSpooled(file) }
                throw error
            }
        }
    }
}
