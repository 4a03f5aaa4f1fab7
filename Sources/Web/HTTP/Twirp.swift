import SwiftProtobuf

/// One call of a Twirp service: the message that came, and how to answer in kind (artifacts.md 3, 3.7).
package struct TwirpCall: Sendable {
    private enum Codec { case json, proto }
    private let codec: Codec
    private let body: [UInt8]

    /// - Throws: `bad_route` when it is no call at all.
    package init(_ request: Request) throws {
        let media = (request.header("Content-Type") ?? "").split(separator: ";").first.map {
            $0.filter { $0 != " " }.lowercased()
        }
        switch media {
        case "application/json": codec = .json
        case "application/protobuf": codec = .proto
        default:
            throw Failure(
                .badRoute,
                "Content-Type \"\(request.header("Content-Type") ?? "")\" must be application/json or application/protobuf"
            )
        }
        body = request.body
    }

    package func message<M: Message>(_ type: M.Type) throws -> M {
        do {
            switch codec {
            case .proto: return try M(serializedBytes: body)
            case .json:
                var options = JSONDecodingOptions()
                // Newer clients know more than we do.
                options.ignoreUnknownFields = true
                return try M(jsonUTF8Bytes: body, options: options)
            }
        } catch {
            throw Failure(.malformed, "could not read \(M.protoMessageName): \(error)")
        }
    }

    package func answer<M: Message>(_ message: M) throws -> Response {
        switch codec {
        case .proto: return Response(200, type: "application/protobuf", body: try message.serializedBytes())
        case .json:
            var options = JSONEncodingOptions()
            // The toolkit hides the signature of `signed_url` and `signed_upload_url` in job logs, of no other spelling.
            options.preserveProtoFieldNames = true
            return Response(200, type: "application/json", body: try message.jsonUTF8Bytes(options: options))
        }
    }
}

extension Failure.Kind {
    /// Twirp's code and its HTTP status; the toolkit repeats 429, 500 and 503, the others are final (artifacts.md 3.7).
    package var twirp: (code: String, status: Int) {
        switch self {
        case .invalid: ("invalid_argument", 400)
        case .malformed: ("malformed", 400)
        case .unauthenticated: ("unauthenticated", 401)
        case .forbidden: ("permission_denied", 403)
        case .missing, .gone, .wrongMethod: ("not_found", 404)
        case .badRoute: ("bad_route", 404)
        case .conflict: ("already_exists", 409)
        case .notNow, .locked: ("failed_precondition", 400)
        case .tooLarge, .throttled: ("resource_exhausted", 429)
        case .busy: ("unavailable", 503)
        case .unimplemented: ("unimplemented", 501)
        case .fault: ("internal", 500)
        }
    }
}
