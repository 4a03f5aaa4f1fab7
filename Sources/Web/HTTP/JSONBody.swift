import Domain
import Foundation

/// A body of JSON, decoded when the handler asks for it.
package struct JSONBody<Body: Described & Decodable>: Sendable {
    private let hint: String

    /// - Parameter hint: what is wrong with a body that cannot be read, and what to send.
    package init(_ type: Body.Type = Body.self, orElse hint: String) { self.hint = hint }

    /// - Throws: `.invalid` with the hint; `.tooLarge` beyond `BodyLimits.jsonBytesMax`.
    package func read(_ request: Request) throws -> Body {
        guard request.body.count <= BodyLimits.jsonBytesMax else {
            throw Failure(
                .tooLarge, "the body has \(request.body.count) bytes; at most \(BodyLimits.jsonBytesMax) are taken")
        }
        do { return try JSONDecoder().decode(Body.self, from: Data(request.body)) } catch {
            throw Failure(.invalid, hint)
        }
    }
}
