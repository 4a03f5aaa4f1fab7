import Domain

/// The method of an endpoint. `every` is for protocols that answer a wrong method in their own words (Connect).
package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case every = "*"

    func takes(_ method: String) -> Bool { self == .every || rawValue == method || self == .get && method == "HEAD" }

    /// For `Allow`.
    var allowed: [String] { self == .get ? ["GET", "HEAD"] : [rawValue] }
}

/// Which socket an endpoint's requests come by, and what answers them. nginx must send them there (checked by a test).
package enum Lane: Equatable, Sendable {
    /// The work socket; one thread a request.
    case work
    /// The poll socket; answered by the epoll thread, so it must not wait for anything.
    case instant
    /// The poll socket; the handler keeps the request and answers when there is something to say.
    case held
    /// The poll socket; may take minutes, so a few threads of its own work these off.
    case long
    /// The poll socket; short, but shares its address with a long one.
    case besideLong

    package var isPoll: Bool { self != .work }
}

/// What a request carries, and how much of it.
package struct BodyShape: Sendable {
    package enum Content: Sendable {
        case none
        case json(any Described.Type)
        /// A message of the RPC service.
        case message(String)
        case text
        /// The fields of a page's form (``Form``).
        case form
        /// Read piece by piece by the handler.
        case stream
        /// Stored by nginx before; the request carries its name (docs/adr/0013).
        case spooled
    }
    package let content: Content
    /// Bytes of it; nginx must let as many through (checked by a test).
    package let bytesMax: Int

    package static let none = BodyShape(content: .none, bytesMax: 0)
    package static func json(_ type: any Described.Type, bytesMax: Int = BodyLimits.jsonBytesMax) -> BodyShape {
        BodyShape(content: .json(type), bytesMax: bytesMax)
    }
    package static let form = BodyShape(content: .form, bytesMax: BodyLimits.jsonBytesMax)
    package static func text(bytesMax: Int) -> BodyShape { BodyShape(content: .text, bytesMax: bytesMax) }
    package static func message(_ name: String, bytesMax: Int) -> BodyShape {
        BodyShape(content: .message(name), bytesMax: bytesMax)
    }
    package static func stream(bytesMax: Int) -> BodyShape { BodyShape(content: .stream, bytesMax: bytesMax) }
    package static func spooled(bytesMax: Int) -> BodyShape { BodyShape(content: .spooled, bytesMax: bytesMax) }
}

package enum BodyLimits {
    /// Bytes of a JSON body: forms and REST; the largest is a secret or variable of 64 KiB, escaped.
    package static let jsonBytesMax = 1024 * 1024
}

/// One answer that an endpoint gives.
package struct AnswerShape: Sendable {
    package enum Content: Sendable {
        case none
        case json(any Described.Type)
        case message(String)
        /// Text, HTML, bytes, by media type.
        case media(String)
        /// In the shape of the path's protocol.
        case failure
    }
    package let status: Int
    package let content: Content

    package static func json(_ status: Int, _ type: any Described.Type) -> AnswerShape {
        AnswerShape(status: status, content: .json(type))
    }
    package static func none(_ status: Int) -> AnswerShape { AnswerShape(status: status, content: .none) }
    package static func media(_ status: Int, _ type: String) -> AnswerShape {
        AnswerShape(status: status, content: .media(type))
    }
    package static func message(_ name: String) -> AnswerShape { AnswerShape(status: 200, content: .message(name)) }
    package static func failure(_ status: Int) -> AnswerShape { AnswerShape(status: status, content: .failure) }
    package static let page = AnswerShape(status: 200, content: .media("text/html"))
}

/// A parameter of the query, for the document and for lists that refuse what they do not know.
package struct QueryParameter: Sendable {
    package let name: String
    package let words: String
    package init(_ name: String, _ words: String) {
        self.name = name
        self.words = words
    }
}

/// One entry says everything about a route: who may call it, what it takes and answers, which socket it comes by.
///
/// Router, lanes, failure shapes, the OpenAPI document, the authorization matrix and the check against nginx's locations
/// are made from these.
package struct Endpoint<App: Sendable>: Sendable {
    package typealias Handler<Context> = @Sendable (Request, Context, App) throws -> Response
    /// Takes over a request of the lane `held`; what it throws is answered.
    package typealias Holder<Context> = @Sendable (Hold, Request, Context, App) throws -> Void

    enum Run: Sendable {
        case answers(@Sendable (Request, App) throws -> Response)
        case holds(@Sendable (Hold, Request, App) throws -> Void)
    }

    package let method: Method
    /// Literals and names in braces, split by "/".
    package let path: String
    /// As documents write it.
    package var shownPath: String { path.replacing("...}", with: "}") }
    /// What the access is called.
    package let access: String
    /// Which scopes an access token needs, all of them; empty: none.
    package let scope: ScopeCategory
    /// A scope of writing is needed whatever the method is.
    package let writes: Bool
    package let lane: Lane
    /// Nil: that of the path's family (`RouteTable`).
    package let shape: FailureShape?
    package let query: [QueryParameter]
    package let body: BodyShape
    package let answers: [AnswerShape]
    /// What it does, in one sentence.
    package let summary: String
    let run: Run
    /// Asks the access alone, for the authorization matrix.
    package let admits: @Sendable (Request, App) throws -> Void

    /// - Parameters:
    ///   - access: who may; admits before anything else of the request is looked at.
    ///   - handler: called with what the access gave.
    package init<Context>(
        _ method: Method, _ path: String, _ access: Access<App, Context>, scope: ScopeCategory = [],
        writes: Bool = false, lane: Lane = .work, shape: FailureShape? = nil, query: [QueryParameter] = [],
        body: BodyShape = .none,
        answers: [AnswerShape], _ summary: String, _ handler: @escaping Handler<Context>
    ) {
        self.init(
            method, path, access: access.name, scope: scope, writes: writes, lane: lane, shape: shape, query: query,
            body: body,
            answers: answers, summary,
            run: .answers { request, app in
                let request = request.asking(for: scope, writes: writes)
                return try handler(request, try access.admit(request, app), app)
            }, admits: { _ = try access.admit($0.asking(for: scope, writes: writes), $1) })
    }

    /// With a JSON body, which the handler reads when it has found what the path names (rest.md 1, order of checks).
    package init<Context, Body: Described & Decodable>(
        _ method: Method, _ path: String, _ access: Access<App, Context>, scope: ScopeCategory = [],
        writes: Bool = false, lane: Lane = .work, shape: FailureShape? = nil, query: [QueryParameter] = [],
        reading body: JSONBody<Body>,
        answers: [AnswerShape], _ summary: String,
        _ handler: @escaping @Sendable (Request, Context, @escaping () throws -> Body, App) throws -> Response
    ) {
        self.init(
            method, path, access: access.name, scope: scope, writes: writes, lane: lane, shape: shape, query: query,
            body: .json(Body.self), answers: answers, summary,
            run: .answers { request, app in
                let request = request.asking(for: scope, writes: writes)
                return try handler(request, try access.admit(request, app), { try body.read(request) }, app)
            }, admits: { _ = try access.admit($0.asking(for: scope, writes: writes), $1) })
    }

    /// For the lanes `held` and `instant`.
    package init<Context>(
        holding method: Method, _ path: String, _ access: Access<App, Context>, lane: Lane = .held,
        shape: FailureShape? = nil,
        query: [QueryParameter] = [], body: BodyShape = .none, answers: [AnswerShape], _ summary: String,
        _ holder: @escaping Holder<Context>
    ) {
        self.init(
            method, path, access: access.name, scope: [], writes: false, lane: lane, shape: shape, query: query,
            body: body,
            answers: answers, summary,
            run: .holds { hold, request, app in try holder(hold, request, try access.admit(request, app), app) },
            admits: { _ = try access.admit($0, $1) })
    }

    init(
        _ method: Method, _ path: String, access: String, scope: ScopeCategory, writes: Bool, lane: Lane,
        shape: FailureShape?,
        query: [QueryParameter], body: BodyShape, answers: [AnswerShape], _ summary: String, run: Run,
        admits: @escaping @Sendable (Request, App) throws -> Void
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.scope = scope
        self.writes = writes
        self.lane = lane
        self.shape = shape
        self.query = query
        self.body = body
        self.answers = answers
        self.summary = summary
        self.run = run
        self.admits = admits
    }
}
