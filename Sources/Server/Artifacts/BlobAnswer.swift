import Domain
import Foundation
import Postgres
import Web

/// A blob for nginx to send: the application says what it is, and never reads it.
///
/// nginx does Range, If-Range and HEAD, with our ETag; the headers that keep a browser from running what a job wrote are
/// those of its internal locations (nginx/millrace.conf).
struct BlobAnswer: Sendable {
    private let blob: Blob
    private let isBad: Bool
    private let type: String
    private let name: String

    init(_ file: ArtifactFileView, type: String, name: String) {
        blob = file.blob
        isBad = file.isBad
        self.type = type
        self.name = name
    }

    init?(_ artifact: ArtifactView) {
        guard let blob = artifact.blob else { return nil }
        self.blob = blob
        isBad = artifact.isBad
        type = artifact.mimeType
        name = artifact.fileName
    }

    /// - Throws: when scrub found the bytes to be others than were uploaded.
    func response(to request: Request, _ app: App) throws -> Response {
        guard !isBad else {
            throw Failure(damaged: name)
        }
        let etag = "\"\(blob.digest.hex)\""
        let headers = [
            (name: "ETag", value: etag), (name: "Content-Disposition", value: attachmentDisposition(name)),
            (name: "X-Accel-Redirect", value: app.storage.internalAddress(of: blob)),
            // RFC 9530; of what is stored, so not of a file that is unpacked on its way.
            (
                name: "Repr-Digest",
                value: blob.isGzip ? "" : "sha-256=:\(Data(blob.digest.bytes).base64EncodedString()):"
            ),
        ].filter { !$0.value.isEmpty }
        if matches(request.header("If-None-Match"), etag) {
            return Response(304, type: type, body: [], headers: [(name: "ETag", value: etag)])
        }
        return Response(200, type: type, body: [], headers: headers)
    }

    /// Weak comparison, as RFC 9110 13.1.2 asks.
    private func matches(_ header: String?, _ etag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { candidate in
            let text = candidate.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            return String(text) == "*" || String(text) == etag || String(text) == "W/" + etag
        }
    }
}

extension Failure {
    /// Scrub found the bytes of a file to be others than were uploaded.
    init(damaged name: String) {
        self.init(
            .gone,
            "the bytes of \"\(name)\" were damaged on disk after they were uploaded, and are not served; run the job again"
        )
    }
}
