import Domain
import Foundation
import FoundationNetworking

package enum RESTLimits {
    /// Rows asked for at once, the most that servers give.
    static let pageRows = 50
    /// Rows of a log asked for at once.
    package static let logRows = 5000
}

/// A server's REST API, for commands.
package struct RESTServer: Sendable {
    package let base: String
    private let token: String?
    private let credentials: String?
    private let http = HTTPClient()

    package init(_ address: ServerAddress, token: String?) {
        self.init(address.base, token: token, credentials: token.map { "token \($0)" })
    }
    /// By name and password.
    package init(_ address: ServerAddress, user: String, password: String) {
        self.init(address.base, token: nil, credentials: Self.basic(user, password))
    }
    private init(_ base: String, token: String?, credentials: String?) {
        self.base = base
        self.token = token
        self.credentials = credentials
    }

    /// The same token in place of a password: tokens are looked after so alone.
    package func byBasic(_ user: String) -> RESTServer {
        RESTServer(base, token: token, credentials: token.map { Self.basic(user, $0) })
    }
    private static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// - Parameters:
    ///   - what: in words for "could not …".
    ///   - path: below `/api/v1`, its parts percent-encoded.
    /// - Returns: the answer, which is one of success.
    @discardableResult
    package func ask(
        _ method: String, _ path: String, query: [(String, String)] = [], body: RESTValue? = nil, _ what: String
    ) async throws -> HTTPAnswer {
        let pairs = query.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }.joined(separator: "&")
        guard let url = URL(string: "\(base)/api/v1\(path)\(pairs.isEmpty ? "" : "?" + pairs)") else {
            throw ClientProblem.usage("address \"\(base)\" is not a URL")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        if let credentials { request.setValue(credentials, forHTTPHeaderField: "Authorization") }
        var data: Data?
        if let body {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            data = try JSONEncoder().encode(body)
        }
        let answer = try await http.send(request, body: data)
        guard (200..<300).contains(answer.status) else { throw answer.problem(what) }
        return answer
    }

    package func object(
        _ method: String, _ path: String, query: [(String, String)] = [], body: RESTValue? = nil, _ what: String
    ) async throws -> RESTValue {
        let answer = try await ask(method, path, query: query, body: body, what)
        guard let value = try? JSONDecoder().decode(RESTValue.self, from: answer.body), case .object = value else {
            throw ClientProblem.refused("could not \(what): the answer is no JSON object; is \(base) the server?")
        }
        return value
    }

    /// Rows of a list, as many pages as it takes.
    ///
    /// - Parameters:
    ///   - key: of the array in the answer; nil: the answer is the array.
    ///   - limit: rows at most.
    package func list(
        _ path: String, query: [(String, String)] = [], key: String?, limit: Int, _ what: String
    ) async throws -> [RESTValue] {
        var rows: [RESTValue] = []
        var page = 1
        while rows.count < limit {
            let asked = [("page", "\(page)"), ("limit", "\(min(limit, RESTLimits.pageRows))")]
            let answer = try await ask("GET", path, query: query + asked, what)
            let value = try? JSONDecoder().decode(RESTValue.self, from: answer.body)
            guard let items = (key.map { value?[$0] } ?? value)?.items else {
                throw ClientProblem.refused("could not \(what): the answer is no list; is \(base) the server?")
            }
            rows += items.prefix(limit - rows.count)
            guard answer.header("link")?.contains("rel=\"next\"") == true, !items.isEmpty else { break }
            page += 1
        }
        return rows
    }
}
