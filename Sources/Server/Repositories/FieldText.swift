import Domain
import Web

/// A text of a body, judged before anything is done with it.
///
/// - Throws: 422 when it is too long or has a NUL, which no row can hold.
func checkField(_ text: String?, _ name: String, bytesMax: Int) throws {
    guard let text else { return }
    guard text.utf8.count <= bytesMax else {
        throw Failure(.invalid, "[\(name)]: it has \(text.utf8.count) bytes; at most \(bytesMax) are taken")
    }
    guard !text.utf8.contains(0) else { throw Failure(.invalid, "[\(name)]: it has a NUL character") }
}
