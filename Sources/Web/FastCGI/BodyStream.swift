/// A request's body that is not in memory: read once, in pieces, by the thread that answers the request.
///
/// nginx has the whole body on its disk before it connects (`fastcgi_request_buffering on`), so reading waits for nobody's
/// network. `@unchecked Sendable` is true because only that one thread, which made it, ever asks it for anything.
package final class BodyStream: @unchecked Sendable {
    private let next: () -> UnsafeRawBufferPointer
    private let bytesMax: Int
    /// CONTENT_LENGTH: a body that ends earlier broke off.
    private let announced: Int?
    private var bytesRead = 0
    private(set) var isOver = false

    /// - Parameter next: the next piece, good until it is called again; an empty one ends the body.
    init(announced: Int?, bytesMax: Int, next: @escaping () -> UnsafeRawBufferPointer) {
        self.next = next
        self.announced = announced
        self.bytesMax = bytesMax
    }

    /// Hands over the body, once. What `take` throws ends the reading.
    ///
    /// - Throws: `Failure` when the body is over its limit, or ended before its announced length.
    package func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        while true {
            let piece = next()
            guard !piece.isEmpty else { break }
            bytesRead += piece.count
            guard bytesRead <= bytesMax else {
                throw Failure(.tooLarge, "the request body is over \(bytesMax) bytes")
            }
            try take(piece)
        }
        isOver = true
        if let announced, bytesRead < announced {
            throw Failure(.invalid, "the request body ended after \(bytesRead) of \(announced) bytes")
        }
    }

    /// Reads what is left and forgets it: nginx reads the answer only after it has sent the body.
    func drain() {
        while !isOver { isOver = next().isEmpty }
    }
}
