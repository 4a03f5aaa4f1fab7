import Foundation
import SwiftProtobuf

package enum ConnectLimits {
    /// Bytes of an UpdateTask, once decompressed: all outputs of a run and more.
    package static let messageBytesMax = 64 * 1024 * 1024
    /// Bytes of the other calls, which hold names, labels and numbers.
    package static let smallMessageBytesMax = 1024 * 1024
    /// Values of a JSON message, which is decoded whole: members of objects and items of lists.
    static let jsonValuesMax = 100_000
    /// Answers below this are not compressed (runner.md 1.2).
    static let compressBytesMin = 1024
    static let timeoutDigitsMax = 10
}

/// The Connect protocol, unary, for one call: what was asked, and how to answer in kind (runner.md 1.2, 1.3).
package struct ConnectCall: Sendable {
    package enum Codec { case proto, json }
    package let codec: Codec
    let acceptsGzip: Bool
    /// Milliseconds the client will wait; nil when it gave no deadline.
    package let timeoutMilliseconds: Int64?
    /// Unpacked; empty when the request's body is a stream.
    package let body: [UInt8]
    /// The stream is a gzip file.
    package let isStreamCompressed: Bool

    static let acceptPost = "application/proto, application/json"

    /// A response that must be sent as it is (405, 415), or the call.
    package static func open(
        _ request: Request, bytesMax: Int = ConnectLimits.smallMessageBytesMax
    ) throws -> Result<ConnectCall, RefusedCall> {
        guard request.method == "POST" else {
            return .failure(RefusedCall(response: .text(405, "use POST\n", headers: [(name: "Allow", value: "POST")])))
        }
        let media = (request.header("Content-Type") ?? "").split(separator: ";").first.map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        let codec: Codec
        switch media {
        case "application/proto": codec = .proto
        case "application/json": codec = .json
        default:
            return .failure(
                RefusedCall(
                    response: .text(
                        415, "use one of: \(acceptPost)\n", headers: [(name: "Accept-Post", value: acceptPost)])))
        }
        if let version = request.header("Connect-Protocol-Version"), version != "1" {
            throw Failure(.invalid, "Connect-Protocol-Version must be \"1\", it is \"\(version)\"")
        }
        var timeout: Int64?
        if let text = request.header("Connect-Timeout-Ms") {
            guard text.utf8.count <= ConnectLimits.timeoutDigitsMax, text.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int64(text)
            else { throw Failure(.invalid, "Connect-Timeout-Ms must be 1 to 10 digits, it is \"\(text)\"") }
            timeout = number
        }
        var body = request.body
        var isStreamCompressed = false
        switch request.header("Content-Encoding")?.lowercased() {
        case nil, "identity": break
        case "gzip" where request.stream != nil: isStreamCompressed = true
        case "gzip":
            do {
                body = try Gzip.decompress(body, bytesMax: bytesMax)
            } catch let problem as Gzip.Problem {
                throw problem.isTooLarge
                    ? Failure(.tooLarge, "the message is over \(bytesMax) bytes once decompressed")
                    : Failure(.invalid, "the body is not gzip, though Content-Encoding says so")
            }
        case .some(let other):
            throw Failure(.unimplemented, "unknown compression \"\(other)\": supported encodings are gzip, identity")
        }
        guard body.count <= bytesMax else { throw Failure(.tooLarge, "the message is over \(bytesMax) bytes") }
        let accepted = (request.header("Accept-Encoding") ?? "").split { $0 == "," || $0 == " " }
        let first = accepted.first { $0 == "gzip" || $0 == "identity" }
        return .success(
            ConnectCall(
                codec: codec, acceptsGzip: first == "gzip", timeoutMilliseconds: timeout, body: body,
                isStreamCompressed: isStreamCompressed))
    }

    /// The same call with another body of the same message type.
    package func replacingBody(_ body: [UInt8]) -> ConnectCall {
        ConnectCall(
            codec: codec, acceptsGzip: acceptsGzip, timeoutMilliseconds: timeoutMilliseconds, body: body,
            isStreamCompressed: false)
    }

    /// The call with a protobuf body that `cut` made of it. JSON is not cut: who counts its values (`jsonValuesMax`) is refused.
    package func cutting(_ cut: ([UInt8]) -> [UInt8]?) throws -> ConnectCall {
        guard codec == .proto else { return self }
        guard let body = cut(body) else { throw Failure(.invalid, "could not read the message: malformed fields") }
        return replacingBody(body)
    }

    /// Commas outside of strings: a value more or less, and no decoding.
    private static func isOverJSONLimit(_ body: [UInt8]) -> Bool {
        var count = 0
        var isString = false
        var isEscaped = false
        for byte in body {
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            } else if byte == UInt8(ascii: ",") {
                count += 1
                if count > ConnectLimits.jsonValuesMax { return true }
            }
        }
        return false
    }

    package func message<M: Message>(_ type: M.Type) throws -> M {
        do {
            switch codec {
            case .proto: return try M(serializedBytes: body)
            case .json:
                guard !body.isEmpty else { throw Failure(.invalid, "the body is empty; JSON needs at least {}") }
                guard !Self.isOverJSONLimit(body) else {
                    throw Failure(
                        .tooLarge,
                        "more than \(ConnectLimits.jsonValuesMax) values in one JSON message; send fewer, or protobuf")
                }
                var options = JSONDecodingOptions()
                options.ignoreUnknownFields = true
                return try M(jsonUTF8Bytes: Self.repairedTimes(body), options: options)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.invalid, "could not read \(M.protoMessageName): \(error)")
        }
    }

    /// One Python client writes `…+00:00Z` when the microsecond is 0 (runner.md 1.3): the offset stays, the Z goes.
    private static func repairedTimes(_ body: [UInt8]) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        guard text.contains("+00:00Z\"") else { return body }
        return Array(text.replacing("+00:00Z\"", with: "+00:00\"").utf8)
    }

    package func answer<M: Message>(_ message: M, headers: [(name: String, value: String)] = []) throws -> Response {
        switch codec {
        case .proto:
            return compressed(
                Response(200, type: "application/proto", body: try message.serializedBytes(), headers: headers))
        case .json:
            return compressed(
                Response(200, type: "application/json", body: try message.jsonUTF8Bytes(), headers: headers))
        }
    }

    private func compressed(_ response: Response) -> Response {
        var response = response
        response.headers.append((name: "Accept-Encoding", value: "gzip"))
        guard acceptsGzip, response.body.count >= ConnectLimits.compressBytesMin,
            let small = try? Gzip.compress(response.body)
        else { return response }
        response.body = small
        response.headers.append((name: "Content-Encoding", value: "gzip"))
        return response
    }
}

/// A call that is answered outside the Connect error shape.
package struct RefusedCall: Error {
    package let response: Response
    package init(response: Response) { self.response = response }
}
