import Crypto
import Domain
import Foundation
import FoundationNetworking

/// What a job's environment says about itself (artifacts.md 1.1).
package struct JobEnvironment: Equatable, Sendable {
    /// Scheme, host and port; the protocol knows no sub-path.
    let origin: String
    let token: String
    package let run: String
    let job: String

    package init(_ environment: [String: String]) throws {
        guard let token = environment["ACTIONS_RUNTIME_TOKEN"], let address = environment["ACTIONS_RESULTS_URL"],
            !token.isEmpty, !address.isEmpty
        else {
            throw ClientProblem.usage(
                "ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL are not set: artifacts are uploaded by jobs; "
                    + "run this in a step of a workflow")
        }
        guard let url = URL(string: address), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty
        else { throw ClientProblem.usage("ACTIONS_RESULTS_URL is \"\(address)\"; it must be an http or https URL") }
        struct Claims: Decodable { let scp: String }
        guard let claims = JWT.parts(token)?.claims,
            let scopes = try? JSONDecoder().decode(Claims.self, from: Data(claims)).scp.split(separator: " "),
            let parts = scopes.first(where: { $0.hasPrefix("Actions.Results:") })?.split(separator: ":"),
            parts.count == 3
        else {
            throw ClientProblem.usage("ACTIONS_RUNTIME_TOKEN is not a token of a job: it names no run and no job")
        }
        origin = "\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")"
        self.token = token
        run = String(parts[1])
        job = String(parts[2])
    }
}

/// Uploads one file as an artifact of the job that this runs in, as upload-artifact v7 does with `archive: false`.
package struct ArtifactUpload: Sendable {
    package struct Result {
        package let id: Int64
        package let bytes: Int64
        package let digest: String
    }

    let job: JobEnvironment

    package init(job: JobEnvironment) {
        self.job = job
    }

    let http = HTTPClient()

    /// - Parameters:
    ///   - type: the media type that a download will have.
    ///   - expiresAt: nil: as long as the server keeps artifacts.
    ///   - replaces: whether an artifact of this name in the same run goes first.
    package func run(
        _ path: String, name: String, type: String, expiresAt: Date?, replaces: Bool
    ) async throws -> Result {
        let file = try BlockSource(path)
        let meter = ProgressMeter(name, total: file.size)
        defer { meter.end() }
        if replaces { try await delete(name) }
        let address = try await create(name, type: type, expiresAt: expiresAt)
        let blocks = try await upload(file, to: address, meter)
        try await commit(blocks, to: address)
        let digest = "sha256:" + hex(file.digest())
        return Result(
            id: try await finalize(name, bytes: file.bytes, digest: digest), bytes: file.bytes, digest: digest)
    }

    // MARK: Calls

    private struct Created: Decodable {
        let ok: Bool?
        let address: String?
        enum CodingKeys: String, CodingKey {
            case ok
            case address = "signed_upload_url"
        }
    }
    private struct Finalized: Decodable {
        let ok: Bool?
        /// A number in the JSON of protobuf is a string.
        package let id: String?
        enum CodingKeys: String, CodingKey {
            case ok
            case id = "artifact_id"
        }
    }
    private struct Deleted: Decodable { let ok: Bool? }

    private func create(_ name: String, type: String, expiresAt: Date?) async throws -> String {
        var fields: [String: Any] = ["version": 7, "mime_type": type]
        if let expiresAt { fields["expires_at"] = expiresAt.formatted(.iso8601) }
        let answer = try await call(Created.self, "CreateArtifact", name, fields)
        guard answer.ok == true, let address = answer.address else {
            throw ClientProblem.refused(
                "could not create the artifact \"\(name)\": the answer has no address to upload to")
        }
        return address
    }

    private func finalize(_ name: String, bytes: Int64, digest: String) async throws -> Int64 {
        let answer = try await call(
            Finalized.self, "FinalizeArtifact", name, ["size": "\(bytes)", "hash": digest],
            seconds: ArtifactClientLimits.finalizeSeconds)
        guard answer.ok == true, let id = answer.id.flatMap({ Int64($0) }) else {
            throw ClientProblem.refused("could not finish the artifact \"\(name)\": the answer has no id")
        }
        return id
    }

    /// One that is not there is gone.
    private func delete(_ name: String) async throws {
        do { _ = try await call(Deleted.self, "DeleteArtifact", name, [:]) } catch ClientProblem.missing {}
    }

    private func call<Answer: Decodable>(
        _: Answer.Type, _ method: String, _ name: String, _ fields: [String: Any],
        seconds: Double = ArtifactClientLimits.stallSeconds
    ) async throws -> Answer {
        var message = fields
        message["workflow_run_backend_id"] = job.run
        message["workflow_job_run_backend_id"] = job.job
        message["name"] = name
        let body = try JSONSerialization.data(withJSONObject: message)
        let service = "github.actions.results.api.v1.ArtifactService"
        var request = try Self.request("POST", "\(job.origin)/twirp/\(service)/\(method)")
        request.timeoutInterval = seconds
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue("Bearer \(job.token)", forHTTPHeaderField: "Authorization")
        let what = "\(method) of \"\(name)\""
        let answer = try await sent(request, body, expecting: 200, what)
        do { return try JSONDecoder().decode(Answer.self, from: answer.body) } catch {
            throw ClientProblem.refused(
                "could not do \(what): the answer is not its JSON; is \(job.origin) the server?")
        }
    }

    // MARK: Blocks

    /// Reads the file once, in order; up to `blocksAtOnce` blocks are on their way meanwhile.
    ///
    /// - Returns: the ids of the blocks in the order of the file.
    private func upload(_ file: BlockSource, to address: String, _ meter: ProgressMeter) async throws -> [String] {
        let upload = UUID().uuidString.lowercased()
        var ids: [String] = []
        try await withThrowingTaskGroup(of: Int.self) { group in
            while let block = try file.next() {
                guard ids.count < ArtifactClientLimits.blocksMax else {
                    throw ClientProblem.usage(
                        "the file has more than \(ArtifactClientLimits.blocksMax) blocks of \(ArtifactClientLimits.blockBytes) bytes"
                    )
                }
                let id = Self.blockID(upload, ids.count)
                if ids.count >= ArtifactClientLimits.blocksAtOnce, let bytes = try await group.next() {
                    meter.add(Int64(bytes))
                }
                ids.append(id)
                group.addTask {
                    try await put(block, as: id, to: address)
                    return block.count
                }
            }
            for try await bytes in group { meter.add(Int64(bytes)) }
        }
        return ids
    }

    /// All of one length, as Azure wants them, and no other upload's.
    private static func blockID(_ upload: String, _ number: Int) -> String {
        let digits = String(number)
        return Data("\(upload)\(String(repeating: "0", count: 12 - digits.count))\(digits)".utf8).base64EncodedString()
    }

    private func put(_ block: Data, as id: String, to address: String) async throws {
        var request = try Self.request("PUT", "\(address)&comp=block&blockid=\(percentEncoded(id))")
        request.setValue("application/octet-stream", forHTTPHeaderField: "Content-Type")
        var sum = CRC64()
        block.withUnsafeBytes { sum.update($0) }
        request.setValue(sum.base64, forHTTPHeaderField: "x-ms-content-crc64")
        _ = try await sent(request, block, expecting: 201, "upload a block")
    }

    private func commit(_ blocks: [String], to address: String) async throws {
        var request = try Self.request("PUT", "\(address)&comp=blocklist")
        request.setValue("application/xml", forHTTPHeaderField: "Content-Type")
        let list = blocks.map { "<Latest>\($0)</Latest>" }.joined()
        let text = #"<?xml version="1.0" encoding="utf-8"?><BlockList>\#(list)</BlockList>"#
        _ = try await sent(request, Data(text.utf8), expecting: 201, "commit the list of blocks")
    }

    private func sent(_ request: URLRequest, _ body: Data, expecting status: Int, _ what: String) async throws
        -> HTTPAnswer
    {
        // All calls may be repeated: the server takes the second of two equal ones for the first (artifacts.md 3).
        try await patiently {
            let answer = try await http.send(request, body: body)
            guard answer.status == status else { throw answer.problem(what) }
            return answer
        }
    }

    private static func request(_ method: String, _ address: String) throws -> URLRequest {
        guard let url = URL(string: address) else {
            throw ClientProblem.refused("the server's address to upload to is not a URL")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue("millrace-artifacts", forHTTPHeaderField: "User-Agent")
        return request
    }
}

/// A file by blocks, read once and hashed on the way.
private final class BlockSource {
    let size: Int64
    private(set) var bytes: Int64 = 0
    private let path: String
    private let handle: FileHandle
    private var hash = SHA256()

    init(_ path: String) throws {
        self.path = path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ClientProblem.usage("there is no file \"\(path)\"")
        }
        guard !isDirectory.boolValue else {
            throw ClientProblem.usage(
                "\"\(path)\" is a directory; pack it into one file, such as a zip, and upload that")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw ClientProblem.usage("could not open \"\(path)\": \(String(cString: strerror(errno)))")
        }
        self.handle = handle
        size = Int64((try? handle.seekToEnd()) ?? 0)
        try? handle.seek(toOffset: 0)
    }

    /// - Returns: nil at the end.
    func next() throws -> Data? {
        do {
            guard let block = try handle.read(upToCount: ArtifactClientLimits.blockBytes), !block.isEmpty else {
                return nil
            }
            hash.update(data: block)
            bytes += Int64(block.count)
            return block
        } catch { throw ClientProblem.refused("could not read \"\(path)\": \(error.localizedDescription)") }
    }

    package func digest() -> [UInt8] { Array(hash.finalize()) }
}

/// The media type that a browser would be told, by the name's ending.
package func mediaType(ofFile name: String) -> String {
    let ending = name.lowercased().split(separator: ".").dropFirst().last.map(String.init) ?? ""
    let known = [
        "zip": "application/zip", "gz": "application/gzip", "tgz": "application/gzip", "tar": "application/x-tar",
        "zst": "application/zstd", "xz": "application/x-xz", "txt": "text/plain", "log": "text/plain",
        "md": "text/markdown", "csv": "text/csv", "html": "text/html", "css": "text/css", "js": "text/javascript",
        "json": "application/json", "xml": "application/xml", "pdf": "application/pdf", "png": "image/png",
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "svg": "image/svg+xml", "webp": "image/webp", "mp4": "video/mp4",
        "wasm": "application/wasm",
    ]
    return known[ending] ?? "application/octet-stream"
}
