import Client
import Domain
import Postgres
import Web

/// The signed address that an artifact is fetched from. It outlives the job that asked for it, and needs no credentials
/// (artifacts.md 3.6).
enum DownloadRoutes {
    package static let prefix = "/_artifacts/downloads"

    static let all: [Endpoint] =
        [
            Endpoint(
                .get, prefix + "/{artifact}", .signedDownload,
                answers: [.media(200, "application/octet-stream"), .none(304), .failure(403), .failure(404)],
                "Download an artifact by a signed address.", download)
        ]
        // An address is for one method; another one is as wrong as a wrong signature.
        + [
            (.put, prefix + "/{artifact}"), (.post, prefix + "/{artifact}"), (.get, UploadRoutes.prefix + "/{upload}"),
        ].map { (method: Web.Method, path: String) in
            Endpoint(method, path, .nobody, answers: [.failure(403)], "Refuse another method.") { _, _, _ in .noContent
            }
        }

    @Sendable private static func download(_ request: Request, _ number: Int64, _ app: App) throws -> Response {
        guard let artifact = try app.artifactViews.artifact(ArtifactID(number)) else {
            throw Failure(.missing, "the artifact does not exist, or was deleted")
        }
        return try content(of: artifact, request, app)
    }

    /// What a client that may have it is sent: the file itself, or all files as one zip.
    static func content(of artifact: ArtifactView, _ request: Request, _ app: App) throws -> Response {
        guard artifact.state == .uploaded else {
            throw Failure(.missing, "Artifact has expired")
        }
        if artifact.protocolNumber == 4 {
            guard let answer = BlobAnswer(artifact) else {
                throw Failure(.missing, "the artifact does not exist, or was deleted")
            }
            return try answer.response(to: request, app)
        }
        return try zip(artifact, app)
    }

    /// Packed while it is sent; the length is not known before. What breaks off is seen to be broken.
    private static func zip(_ artifact: ArtifactView, _ app: App) throws -> Response {
        let files = try app.artifactViews.files(of: artifact.id)
        if let bad = files.first(where: \.isBad) {
            throw Failure(damaged: bad.path)
        }
        let storage = app.storage
        let entries = files.map { file in
            ZipEntry(
                path: file.path, size: file.bytes, modifiedAt: file.storedAt ?? Instant(microseconds: 0),
                read: { sink in try read(file, from: storage, sink) })
        }
        guard let turn = app.caches.streams.enter() else {
            throw Failure(.busy, "too many zips are being made at once; try again in a moment")
        }
        var response = Response(
            200, type: "application/zip", body: [],
            headers: [
                (name: "Content-Disposition", value: attachmentDisposition(artifact.name + ".zip")),
                (name: "X-Content-Type-Options", value: "nosniff"),
                (name: "Content-Security-Policy", value: "default-src 'none'; sandbox"),
            ])
        response.stream = Response.Stream(length: nil) { sink in
            // Kept until the last byte is out: a reader that is slow beyond nginx's buffers holds a thread.
            try withExtendedLifetime(turn) { try writeZip(entries, to: sink) }
        }
        return response
    }

    private static func read(
        _ file: ArtifactFileView, from storage: ArtifactStorage, _ sink: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        guard file.blob.isGzip else {
            return try storage.eachPiece(of: file.blob) { try sink(Array($0)[...]) }
        }
        let gunzip = GunzipStream()
        try storage.eachPiece(of: file.blob) { piece in try gunzip.feed(piece) { try sink(Array($0)[...]) } }
        try gunzip.finish()
    }
}

extension Web.Access where App == Server.App, Context == Int64 {
    /// Whoever has a signed address of a download; gives the artifact's number.
    static var signedDownload: Self {
        Self("signed: download") { request, app in
            let number = canonicalNumber(request.path["artifact"]) ?? 0
            try app.keys.signedURLs.verify(.download, id: number, query: request.query, now: request.now)
            return number
        }
    }
}
