import Domain
import Web

/// The REST API for people: needs nothing from outside, and no script.
struct APIPage: PageModel {
    static let template = Template.api

    struct Part: PartModel {
        let name: String
        let routes: [Route]
    }
    struct Route: PartModel {
        let method: String
        let path: String
        let summary: String
        let access: String
        /// Scopes that an access token needs; nil: none.
        let scope: String?
        let parameters: [Parameter]
        /// An example of the body; nil: there is none.
        let body: String?
        let answers: [Answer]
    }
    struct Parameter: PartModel {
        let name: String
        let words: String
    }
    struct Answer: PartModel {
        let status: String
        /// An example; nil when there is nothing to show.
        let example: String?
    }

    var head = PageHead("REST API", caller: .anonymous)
    let parts: [Part]

    /// All of the table, by the first part of their paths that is a word.
    static var all: APIPage {
        var parts: [(name: String, routes: [Route])] = []
        for endpoint in Routes.endpoints where endpoint.path.hasPrefix("/api/v1/") {
            let segments = endpoint.path.split(byte: "/").dropFirst(2)
            let name =
                segments.first { $0 == "actions" }.map { _ in "actions" } ?? segments.first.map { String($0) } ?? ""
            let route = Route(endpoint)
            if let known = parts.firstIndex(where: { $0.name == name }) {
                parts[known].routes.append(route)
            } else {
                parts.append((name, [route]))
            }
        }
        return APIPage(
            parts: parts.sorted { $0.name < $1.name }.map { part in
                Part(name: part.name, routes: part.routes.sorted { ($0.path, $0.method) < ($1.path, $1.method) })
            })
    }
}

extension APIPage.Route {
    init(_ endpoint: Endpoint) {
        func json(_ type: any Described.Type) -> String? {
            (try? jsonText(type.example)).map { String(decoding: $0, as: UTF8.self) }
        }
        method = endpoint.method.rawValue
        path = endpoint.shownPath
        summary = endpoint.summary
        access = endpoint.access
        scope =
            endpoint.scope.isEmpty
            ? nil
            : endpoint.scope.names.map { "\(endpoint.method == .get && !endpoint.writes ? "read" : "write"):\($0)" }
                .joined(separator: ", ")
        parameters = endpoint.query.map { APIPage.Parameter(name: $0.name, words: $0.words) }
        body = if case .json(let type) = endpoint.body.content { json(type) } else { nil }
        answers = endpoint.allAnswers.map { answer in
            let example: String? =
                switch answer.content {
                case .json(let type): json(type)
                case .media(let type): type
                case .none, .message, .failure: nil
                }
            return APIPage.Answer(status: "\(answer.status)", example: example)
        }
    }
}
