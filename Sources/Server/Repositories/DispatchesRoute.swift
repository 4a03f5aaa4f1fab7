import Domain
import Postgres
import Web

/// REST: an event of somebody's own, for workflows that list `repository_dispatch` (GitHub's shape).
enum DispatchesRoute {
    static let all: [Endpoint] = [
        Endpoint(
            .post, "/api/v1/repos/{owner}/{repo}/dispatches", .repository(.write, of: .contents), scope: .repository,
            reading: wish, answers: answers, "Start workflows that list repository_dispatch.", dispatch),
        Endpoint(
            .post, "/api/v3/repos/{owner}/{repo}/dispatches", .repository(.write, of: .contents), scope: .repository,
            reading: wish, answers: answers, "Start workflows that list repository_dispatch."
        ) { request, place, body, app in
            GitHubRoutes.marked(try dispatch(request, place, body, app), request)
        },
    ]

    private static let wish = JSONBody<RepositoryDispatchBody>(
        orElse: "send {\"event_type\": \"deploy\", \"client_payload\": {\"env\": \"test\"}}")
    private static let answers: [AnswerShape] = [.none(204), .failure(403), .failure(404), .failure(422)]

    @Sendable private static func dispatch(
        _ request: Request, _ place: InRepository, _ body: () throws -> RepositoryDispatchBody, _ app: App
    ) throws -> Response {
        let sent = try body()
        let type = sent.event_type ?? ""
        let client: JSONVerbatim
        do throws(RepositoryDispatchRefusal) {
            client = try checkRepositoryDispatch(type: type, clientPayload: sent.client_payload?.text)
        } catch {
            throw Failure(.invalid, error.words)
        }
        guard !place.repository.details.isArchived else {
            throw Failure(.locked, "this repository is archived: nothing starts here")
        }
        let payload = RepositoryDispatchPayload(
            type: type, branch: place.repository.defaultBranch, clientPayload: client,
            repository: JSONVerbatim(
                String(
                    decoding: try jsonText(RepositoryAnswer(place.repository, base: app.configuration.publicURL)),
                    as: UTF8.self)), sender: place.caller.name)
        let telling = InboxStore.Telling(
            name: .repositoryDispatch, payload: String(decoding: try jsonText(payload), as: UTF8.self))
        guard try app.inbox.tell(telling, in: place.id, by: place.caller.account) else {
            throw Failure(.missing, "not found")
        }
        return .noContent
    }
}

/// What starts workflows from outside.
struct RepositoryDispatchBody: Described, Decodable {
    let event_type: String?
    let client_payload: ClientPayload?

    static let schemaName = "RepositoryDispatchOption"
    static let example = RepositoryDispatchBody(
        event_type: "deploy", client_payload: ClientPayload(text: #"{"env":"test"}"#))
}

/// Any JSON, kept as text.
struct ClientPayload: Codable, Sendable {
    let text: String
    init(text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
        text = String(decoding: try jsonText(AnyJSON(from: decoder)), as: UTF8.self)
    }
    func encode(to encoder: any Encoder) throws { try JSONVerbatim(text).encode(to: encoder) }
}

/// A JSON value of no shape in particular. Recursion is bounded by the depth that JSONDecoder takes.
private indirect enum AnyJSON: Codable {
    case null
    case bool(Bool)
    case whole(Int64)
    case number(Double)
    case string(String)
    case array([AnyJSON])
    case object([String: AnyJSON])

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Key.self) {
            var object: [String: AnyJSON] = [:]
            for key in members.allKeys { object[key.stringValue] = try members.decode(AnyJSON.self, forKey: key) }
            self = .object(object)
            return
        }
        if var items = try? decoder.unkeyedContainer() {
            var array: [AnyJSON] = []
            while !items.isAtEnd { array.append(try items.decode(AnyJSON.self)) }
            self = .array(array)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let whole = try? value.decode(Int64.self) {
            self = .whole(whole)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else {
            self = .string(try value.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var members = encoder.container(keyedBy: Key.self)
            for (key, value) in object.sorted(by: { $0.key < $1.key }) {
                try members.encode(value, forKey: Key(stringValue: key))
            }
        case .array(let array):
            var items = encoder.unkeyedContainer()
            for item in array { try items.encode(item) }
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let flag):
            var container = encoder.singleValueContainer()
            try container.encode(flag)
        case .whole(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .number(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .string(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }
}
