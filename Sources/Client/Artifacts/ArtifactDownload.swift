import Crypto
import Domain
import Foundation
import FoundationNetworking
import Glibc

/// Gets one artifact: by pieces, each of which may fail and be asked for again, into a file beside the wanted one.
///
/// What was got stays when the program is ended; the next call goes on there. That is safe because the unfinished file is
/// named after the artifact's digest, and because the whole is compared with it in the end.
package final class ArtifactDownload {
    package struct Result {
        package let path: String
        package let bytes: Int64
        /// `sha256:…` of what was written, whether or not the server told one to compare with.
        package let digest: String
    }

    private let server: ArtifactServer
    private let artifact: ListedArtifact
    private let directory: String
    private let meter: ProgressMeter
    private let part: PartialFile
    private var address: URL?
    private var etag: String?
    private var fileName: String?

    /// - Parameter directory: where the unfinished file goes, so that the last step is a rename.
    package init(_ artifact: ListedArtifact, from server: ArtifactServer, in directory: String) throws {
        self.server = server
        self.artifact = artifact
        self.directory = directory
        let hex = artifact.digest.map { String($0.dropFirst("sha256:".count)) }
        // An artifact without a digest is packed anew for each download: nothing of the last one is of use.
        part = try PartialFile(
            "\(directory)/.artifact-\(artifact.id)-\(hex?.prefix(16) ?? "zip").part", goesOn: hex != nil)
        meter = ProgressMeter(artifact.name, done: part.bytes, total: hex == nil ? nil : artifact.bytes)
        // The server's entity tag is the digest. Were it another, it would send the whole, and no harm done.
        etag = hex.map { "\"\($0)\"" }
    }

    /// - Parameters:
    ///   - output: nil: in the directory, under the name that the server gives.
    ///   - replaces: whether a file that is there already may go.
    package func run(output: String?, replaces: Bool) async throws -> Result {
        if let output { try Self.check(output, replaces) }
        defer { meter.end() }
        try await patiently(progress: { part.bytes }) {
            while try await !takePiece() { meter.set(done: part.bytes) }
        }
        meter.set(done: part.bytes, total: part.bytes)
        let digest = try part.finished()
        guard artifact.digest == nil || artifact.digest == digest else {
            part.remove()
            throw ClientProblem.refused(
                "artifact \(artifact.id) came as \(part.bytes) bytes of \(digest), but the server says \(artifact.digest ?? ""); "
                    + "nothing was kept, try again")
        }
        let path = output ?? "\(directory)/\(fileName ?? "artifact-\(artifact.id)")"
        try Self.check(path, replaces)
        try part.rename(to: path)
        return Result(path: path, bytes: part.bytes, digest: digest)
    }

    private static func check(_ path: String, _ replaces: Bool) throws {
        guard replaces || access(path, F_OK) != 0 else {
            throw ClientProblem.usage(
                "\"\(path)\" is there already; name another by --output, or replace it by --force")
        }
    }

    /// - Returns: whether it was the last.
    private func takePiece() async throws -> Bool {
        let from: URL
        if let address { from = address } else { from = try await server.address(of: artifact.id) }
        address = from
        let offset = part.bytes
        var request = URLRequest(url: from)
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        // Of nothing there is no range.
        if artifact.digest != nil, artifact.bytes > 0 {
            request.setValue(
                "bytes=\(offset)-\(offset + ArtifactClientLimits.pieceBytes - 1)", forHTTPHeaderField: "Range")
            if offset > 0, let etag { request.setValue(etag, forHTTPHeaderField: "If-Range") }
        }
        let piece = part.path + ".piece"
        defer { unlink(piece) }
        let answer = try await server.http.download(request, to: piece) { [meter] in meter.set(done: offset + $0) }
        fileName = answer.header("content-disposition").flatMap(attachmentName) ?? fileName
        switch answer.status {
        case 206:
            guard let range = answer.header("content-range").flatMap(ContentRange.init), range.first == offset else {
                throw ClientProblem.refused(
                    "artifact \(artifact.id): the server sent the range \"\(answer.header("content-range") ?? "")\" "
                        + "when asked for one from \(offset); is a proxy between that changes requests?")
            }
            etag = answer.header("etag") ?? etag
            try part.append(piece, bytes: range.last - range.first + 1)
            return part.bytes == range.total
        case 200:
            // The whole: no ranges there, or it is not what we had a part of.
            try part.restart()
            etag = answer.header("etag") ?? etag
            try part.append(piece, bytes: answer.header("content-length").flatMap { Int64($0) })
            return true
        case 416:
            // Our part is as long as the whole, or longer: not a part of this one.
            guard offset > 0 else { throw answer.problem("get artifact \(artifact.id)") }
            if offset == artifact.bytes { return true }
            try part.restart()
            return false
        case 403 where offset > 0:
            // The address has its hour; the next try asks for another.
            address = nil
            throw ClientProblem.unreachable("could not get artifact \(artifact.id): the address is too old")
        default:
            address = nil
            let body =
                FileManager.default.contents(atPath: piece)?.prefix(ArtifactClientLimits.answerBytesMax) ?? Data()
            throw HTTPAnswer(status: answer.status, headers: answer.headers, body: Data(body))
                .problem("get artifact \(artifact.id)")
        }
    }
}

/// `Content-Range: bytes 0-99/200`.
struct ContentRange: Equatable {
    let first: Int64
    let last: Int64
    let total: Int64

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /bytes (\d{1,18})-(\d{1,18})\/(\d{1,18})/),
            let first = Int64(match.1), let last = Int64(match.2), let total = Int64(match.3),
            first <= last, last < total
        else { return nil }
        self.first = first
        self.last = last
        self.total = total
    }
}

/// The file name in a Content-Disposition, without anything that leads elsewhere: the exact one if there is one.
func attachmentName(_ header: String) -> String? {
    var found: String?
    if let match = header.firstMatch(of: /(?i)filename\*\s*=\s*UTF-8''([^;\s]+)/) {
        found = String(match.1).removingPercentEncoding
    } else if let match = header.firstMatch(of: /(?i)filename\s*=\s*"([^"]*)"/) {
        found = String(match.1)
    }
    let last = found?.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init)
    guard let last, ![".", ".."].contains(last),
        !last.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { return nil }
    return last
}

/// A file that grows until it is whole, its SHA-256 with it.
private final class PartialFile {
    package let path: String
    private(set) var bytes: Int64 = 0
    private var hash = SHA256()
    private let descriptor: Int32

    /// - Parameter goesOn: whether what an earlier call left is a beginning, or nothing.
    init(_ path: String, goesOn: Bool) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (goesOn ? 0 : O_TRUNC), 0o644)
        guard descriptor >= 0 else { throw Self.problem("create", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw ClientProblem.refused(
                "\"\(path)\" is being written by another millrace; wait for it, or use another folder")
        }
        try take(from: descriptor, path)
    }

    deinit { close(descriptor) }

    /// - Parameter expected: its size as the server said; a shorter one broke off and no part of it is lost.
    func append(_ file: String, bytes expected: Int64?) throws {
        let source = open(file, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw Self.problem("open", file) }
        defer { close(source) }
        let before = bytes
        try take(from: source, file) { piece in
            var written = 0
            while written < piece.count {
                let wrote = pwrite(
                    descriptor, piece.baseAddress?.advanced(by: written), piece.count - written, Int(bytes) + written)
                guard wrote >= 0 || errno == EINTR else { throw Self.problem("write", path) }
                written += max(0, wrote)
            }
        }
        guard expected == nil || bytes - before == expected else {
            throw ClientProblem.unreachable("the connection ended after \(bytes - before) of \(expected ?? 0) bytes")
        }
    }

    func restart() throws {
        guard ftruncate(descriptor, 0) == 0 else { throw Self.problem("empty", path) }
        bytes = 0
        hash = SHA256()
    }

    /// - Returns: `sha256:…` of the whole.
    func finished() throws -> String {
        guard fsync(descriptor) == 0 else { throw Self.problem("fsync", path) }
        return "sha256:" + hex(Array(hash.finalize()))
    }

    func rename(to target: String) throws {
        guard Glibc.rename(path, target) == 0 else { throw Self.problem("rename to", target) }
    }

    package func remove() { unlink(path) }

    /// Counts and hashes what follows in a file.
    private func take(
        from source: Int32, _ name: String, _ use: (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) throws {
        do {
            try FilePieces(source, name).each { piece in
                try use(piece)
                hash.update(bufferPointer: piece)
                bytes += Int64(piece.count)
            }
        } catch let problem as FileProblem { throw ClientProblem.refused("\(problem)") }
    }

    private static func problem(_ what: String, _ path: String) -> ClientProblem {
        .refused("\(FileProblem(what, path))")
    }
}
