import Domain
import Web

import struct Crypto.SHA256

/// A file of the pages, compiled into the program. Its address has its content's hash, so browsers keep it for good.
struct StaticFile: Sendable {
    /// Scripts that pages name. Each is an ES module; "./NAME.js" in one is another one of these.
    private static let scripts = modules([
        ("frame", PackageResources.frame_js),
        ("live-stream", PackageResources.live_stream_js),
        ("live-worker", PackageResources.live_worker_js),
        ("live", PackageResources.live_js),
        ("log", PackageResources.log_js),
        ("runs", PackageResources.runs_js),
        ("terminal", PackageResources.terminal_js),
        ("log-rows", PackageResources.log_rows_js),
        ("log-view", PackageResources.log_view_js),
        ("job", PackageResources.job_js),
    ])
    static let frameScript = script("frame")
    static let liveScript = script("live")
    static let jobScript = script("job")
    static let logScript = script("log")
    static let runsScript = script("runs")
    /// All of the pages' style, in one file: the frame's first.
    static let style = StaticFile(
        "style", "css", type: "text/css; charset=utf-8",
        [PackageResources.style_css, PackageResources.log_css, PackageResources.run_css].flatMap {
            $0 + [UInt8(ascii: "\n")]
        })
    /// A water wheel. Without it browsers ask for /favicon.ico and show an error in their console.
    static let icon = StaticFile("icon", "svg", type: "image/svg+xml", PackageResources.icon_svg)
    static let all = scripts + [style, icon]

    static let endpoints = [
        Endpoint(
            .get, "/_static/{file}", .open,
            answers: [
                .media(200, "text/javascript"), .media(200, "text/css"), .media(200, "image/svg+xml"), .failure(404),
            ],
            "Give a script, the style or an image of pages."
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

    /// Modules whose imports name each other by address: a module's hash changes with those that it imports.
    ///
    /// - Parameter texts: by stem; one that imports another stands behind it.
    static func modules(_ texts: [(stem: String, bytes: [UInt8])]) -> [StaticFile] {
        texts.reduce(into: []) { known, module in
            let text = known.reduce(String(decoding: module.bytes, as: UTF8.self)) { text, other in
                text.replacing("\"./\(other.stem).js\"", with: "\"\(other.address)\"")
            }
            known.append(
                StaticFile(module.stem, "js", type: "text/javascript; charset=utf-8", Array(text.utf8)))
        }
    }
    private static func script(_ stem: String) -> StaticFile {
        // One that is missing is an empty file, which a test finds.
        scripts.first { $0.stem == stem } ?? StaticFile(stem, "js", type: "text/javascript", [])
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
