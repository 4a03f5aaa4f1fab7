import Domain
import Synchronization

/// What is known of the request that a thread works on: put into each line of the log, and into what PostgreSQL is told.
///
/// Each fact is noted where it is found out: the id by nginx, the route by the router, the caller by its access.
package final class RequestContext: Sendable {
    /// Of the request that this thread works on; nil for housekeeping.
    @TaskLocal package static var current: RequestContext?

    /// 32 hexadecimal digits: nginx's `$request_id`, the same in its access log, in our log and in `X-Request-Id`.
    package let id: String
    private let facts = Mutex<[String: String]>([:])
    private let cookies = Mutex<[String]>([])

    /// What absolute addresses in its answer begin with.
    package let base: String

    package init(id: String, base: String = "") {
        self.id = id
        self.base = base
    }

    /// - Parameter name: a key of the log, such as "user_id" (STYLE 5).
    package func note(_ name: String, _ value: String) { facts.withLock { $0[name] = value } }

    /// The answer sets a cookie, whatever it is: who calls is found out where no answer is made yet.
    ///
    /// - Parameter text: as of `Set-Cookie`.
    package func setCookie(_ text: String) { cookies.withLock { $0.append(text) } }
    /// In their order: of two with one name, browsers keep the last.
    package var setCookies: [String] { cookies.withLock { $0 } }

    package var all: [String: String] {
        facts.withLock { $0.merging(["request_id": id]) { $1 } }
    }
}

extension Request {
    /// nginx's id of this request; a new one when it came some other way.
    package var requestID: String {
        let given = parameters["MILLRACE_REQUEST_ID"] ?? ""
        guard given.utf8.count == RequestLimits.idDigits, given.utf8.allSatisfy({ hexValue($0) != nil }) else {
            return hex((0..<RequestLimits.idDigits / 2).map { _ in UInt8.random(in: .min ... .max) })
        }
        return given
    }
}
