import Foundation
import FoundationNetworking
import Synchronization

/// An answer of any status; its body is in memory or in the file that was named for it.
package struct HTTPAnswer: Sendable {
    package let status: Int
    package let headers: [String: String]
    package let body: Data

    /// - Parameter name: in lower case.
    package func header(_ name: String) -> String? { headers[name] }
}

/// HTTP with bodies that need not fit into memory. Redirects are answers, not followed: credentials go to nobody else.
package final class HTTPClient: Sendable {
    private let transfers = Transfers()
    private let session: URLSession

    package init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = ArtifactClientLimits.blocksAtOnce + 1
        configuration.timeoutIntervalForRequest = ArtifactClientLimits.stallSeconds
        session = URLSession(configuration: configuration, delegate: transfers, delegateQueue: nil)
    }

    /// - Throws: `ClientProblem.unreachable` when there is no whole answer.
    package func send(_ request: URLRequest, body: Data? = nil) async throws -> HTTPAnswer {
        guard let body else { return try await run(session.dataTask(with: request), request, Transfer()) }
        var request = request
        // A request on a kept connection that turns out to be closed is sent again by libcurl, but Foundation for Linux
        // (6.3) cannot rewind a body of bytes: the second one hangs until it times out. A new connection is never retried.
        request.setValue("close", forHTTPHeaderField: "Connection")
        return try await run(session.uploadTask(with: request, from: body), request, Transfer())
    }

    /// Writes the body to a file, also that of a refusal.
    ///
    /// - Parameter progress: called with the bytes so far.
    func download(
        _ request: URLRequest, to path: String, progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> HTTPAnswer {
        try await run(session.downloadTask(with: request), request, Transfer(path: path, progress: progress))
    }

    private func run(_ task: URLSessionTask, _ request: URLRequest, _ transfer: Transfer) async throws -> HTTPAnswer {
        let host = request.url.map { "\($0.scheme ?? "")://\($0.host ?? "")\($0.port.map { ":\($0)" } ?? "")" } ?? ""
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    transfers.begin(task.taskIdentifier, transfer, continuation)
                    task.resume()
                }
            } onCancel: {
                task.cancel()
            }
        } catch let problem as ClientProblem { throw problem } catch {
            throw ClientProblem.unreachable("could not reach \(host): \(error.localizedDescription)")
        }
    }
}

private struct Transfer: Sendable {
    /// Where a download's body goes; nil for one that is held.
    package var path: String?
    var progress: (@Sendable (Int64) -> Void)?
    package var body = Data()
    package var problem: ClientProblem?
}

/// The transfers under way, by the number of their task.
private final class Transfers: NSObject, URLSessionDataDelegate, URLSessionDownloadDelegate, Sendable {
    private typealias Waiting = (transfer: Transfer, continuation: CheckedContinuation<HTTPAnswer, any Error>)
    private let waiting = Mutex<[Int: Waiting]>([:])

    func begin(_ id: Int, _ transfer: Transfer, _ continuation: CheckedContinuation<HTTPAnswer, any Error>) {
        waiting.withLock { $0[id] = (transfer, continuation) }
    }

    func urlSession(
        _: URLSession, task _: URLSessionTask, willPerformHTTPRedirection _: HTTPURLResponse,
        newRequest _: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) { completionHandler(nil) }

    func urlSession(_: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = waiting.withLock { all in
            guard all[dataTask.taskIdentifier] != nil else { return false }
            all[dataTask.taskIdentifier]?.transfer.body += data
            guard all[dataTask.taskIdentifier]?.transfer.body.count ?? 0 > ArtifactClientLimits.answerBytesMax else {
                return false
            }
            all[dataTask.taskIdentifier]?.transfer.problem = .refused(
                "the answer is over \(ArtifactClientLimits.answerBytesMax) bytes; is this the server?")
            return true
        }
        if isTooLarge { dataTask.cancel() }
    }

    func urlSession(
        _: URLSession, downloadTask: URLSessionDownloadTask, didWriteData _: Int64, totalBytesWritten: Int64,
        totalBytesExpectedToWrite _: Int64
    ) {
        waiting.withLock { $0[downloadTask.taskIdentifier]?.transfer.progress }?(totalBytesWritten)
    }

    func urlSession(_: URLSession, downloadTask: URLSessionDownloadTask, didFinishDownloadingTo location: URL) {
        guard let path = waiting.withLock({ $0[downloadTask.taskIdentifier]?.transfer.path }) else { return }
        do {
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(at: location, to: URL(fileURLWithPath: path))
        } catch {
            waiting.withLock {
                $0[downloadTask.taskIdentifier]?.transfer.problem = .refused(
                    "could not write \"\(path)\": \(error.localizedDescription)")
            }
        }
    }

    func urlSession(_: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let (transfer, continuation) = waiting.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else {
            return
        }
        if let problem = transfer.problem { return continuation.resume(throwing: problem) }
        if let error { return continuation.resume(throwing: error) }
        guard let response = task.response as? HTTPURLResponse else {
            return continuation.resume(throwing: ClientProblem.unreachable("the answer is not HTTP"))
        }
        var headers: [String: String] = [:]
        for (name, value) in response.allHeaderFields {
            headers["\(name)".lowercased()] = "\(value)"
        }
        continuation.resume(
            returning: HTTPAnswer(status: response.statusCode, headers: headers, body: transfer.body))
    }
}
