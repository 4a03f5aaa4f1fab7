import Domain
import Web

import struct Crypto.SHA256

/// A file of the pages, compiled into the program. Its address has its content's hash, so browsers keep it for good.
struct StaticFile: Sendable {
    static let logScript = StaticFile("log", "js", type: "text/javascript; charset=utf-8", PackageResources.log_js)
    /// A water wheel. Without it browsers ask for /favicon.ico and show an error in their console.
    static let icon = StaticFile("icon", "svg", type: "image/svg+xml", PackageResources.icon_svg)
    static let all = [logScript, icon]

    static let endpoints = [
        Endpoint(
            .get, "/_static/{file}", .open,
            answers: [.media(200, "text/javascript"), .media(200, "image/svg+xml"), .failure(404)],
            "Give a script or an image of pages."
        ) { (request: Request, _: Void, _: App) in try answer(request.path["file"] ?? "") }
    ]

    let stem: String
    let ending: String
    let type: String
    let bytes: [UInt8]
    /// With the hash: `log.0123456789abcdef.js`.
    let name: String

    var address: String { "/_static/\(name)" }

    init(_ stem: String, _ ending: String, type: String, _ bytes: [UInt8]) {
        (self.stem, self.ending, self.type, self.bytes) = (stem, ending, type, bytes)
        name = "\(stem).\(hex(SHA256.hash(data: bytes).prefix(8))).\(ending)"
    }

    /// `log.js` and the name with another hash are answered by what there is, for once: while instances are exchanged, one
    /// version is asked for what pages of another name.
    static func answer(_ name: String) throws -> Response {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard
            let file = all.first(where: {
                $0.stem == parts.first.map(String.init) && $0.ending == parts.last.map(String.init)
                    && (2...3).contains(parts.count)
            })
        else { throw Failure(.missing, "there is no file \"\(name)\"") }
        return Response(
            200, type: file.type, body: file.bytes,
            headers: [
                (name: "Cache-Control", value: name == file.name ? "public, max-age=31536000, immutable" : "no-cache"),
                (name: "X-Content-Type-Options", value: "nosniff"),
            ])
    }
}
