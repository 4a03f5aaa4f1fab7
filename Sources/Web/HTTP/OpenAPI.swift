import Domain

/// The documents of the REST endpoints in a table: OpenAPI 3.1, and Swagger 2.0 as Gitea serves it.
package struct OpenAPI: Sendable {
    private let title: String
    private let version: String
    private let dialect: SchemaDialect

    package init(_ dialect: SchemaDialect, title: String, version: String) {
        self.dialect = dialect
        self.title = title
        self.version = version
    }

    private struct RESTFailure: Described {
        let message: String
        let url: String
        static let schemaName = "APIError"
        static let example = RESTFailure(message: "not found", url: "https://ci.example/api/swagger")
    }

    /// What paths of the document begin with, and what they have in common.
    private static let basePath = "/api/v1"

    /// Paths below `/api/v1` in the order of the table.
    package func document<App>(of endpoints: [Endpoint<App>]) throws -> [UInt8] {
        var schemas = SchemaCollection(dialect)
        let failure = try schemas.reference(to: RESTFailure.self)
        var paths: [(path: String, operations: [(method: String, json: String)])] = []
        for endpoint in endpoints where endpoint.path.hasPrefix(Self.basePath + "/") {
            let path = dialect == .swagger2 ? String(endpoint.shownPath.dropFirst(7)) : endpoint.shownPath
            let operation = (
                method: endpoint.method.rawValue.lowercased(), json: try operation(endpoint, failure, &schemas)
            )
            if let known = paths.firstIndex(where: { $0.path == path }) {
                paths[known].operations.append(operation)
            } else {
                paths.append((path, [operation]))
            }
        }
        var json = JSONWriter()
        json.object { json in
            writeHead(to: &json)
            json.key("paths")
            json.object { json in
                for path in paths {
                    json.key(path.path)
                    json.object { json in
                        for operation in path.operations {
                            json.key(operation.method)
                            json.literal(operation.json)
                        }
                    }
                }
            }
            writeDefinitions(schemas, to: &json)
        }
        return json.bytes
    }

    private func writeHead(to json: inout JSONWriter) {
        json.key(dialect == .swagger2 ? "swagger" : "openapi")
        json.string(dialect == .swagger2 ? "2.0" : "3.1.0")
        json.key("info")
        json.object { json in
            json.key("title")
            json.string(title)
            json.key("version")
            json.string(version)
        }
        switch dialect {
        case .swagger2:
            json.key("basePath")
            json.string(Self.basePath)
            json.key("consumes")
            json.literal(#"["application/json"]"#)
            json.key("produces")
            json.literal(#"["application/json"]"#)
        case .openAPI31:
            // Relative: the document is the same by whichever address one comes.
            json.key("servers")
            json.literal(#"[{"url":"/"}]"#)
        }
    }

    private func writeDefinitions(_ schemas: SchemaCollection, to json: inout JSONWriter) {
        func definitions(_ json: inout JSONWriter) {
            json.object { json in
                for schema in schemas.schemas {
                    json.key(schema.name)
                    json.literal(schema.json)
                }
            }
        }
        let token =
            #"{"type":"apiKey","name":"Authorization","in":"header","description":"the word token, a space, an access token"}"#
        switch dialect {
        case .swagger2:
            json.key("definitions")
            definitions(&json)
            json.key("securityDefinitions")
            json.literal(#"{"AuthorizationHeaderToken":\#(token),"BasicAuth":{"type":"basic"}}"#)
        case .openAPI31:
            json.key("components")
            json.object { json in
                json.key("schemas")
                definitions(&json)
                json.key("securitySchemes")
                json.literal(
                    #"{"AuthorizationHeaderToken":\#(token),"BasicAuth":{"type":"http","scheme":"basic"}}"#)
            }
        }
    }

    private func operation<App>(
        _ endpoint: Endpoint<App>, _ failure: String, _ schemas: inout SchemaCollection
    ) throws -> String {
        let answers = try endpoint.allAnswers.map {
            (status: "\($0.status)", json: try answer($0, failure, &schemas))
        }
        let body: String? =
            if case .json(let type) = endpoint.body.content { try schemas.reference(to: type) } else { nil }
        var json = JSONWriter()
        json.object { json in
            json.key("operationId")
            json.string(Self.operationID(endpoint))
            json.key("summary")
            json.string(endpoint.summary)
            json.key("tags")
            json.array { json in
                for name in endpoint.scope.isEmpty ? ["miscellaneous"] : endpoint.scope.names { json.string(name) }
            }
            json.key("x-millrace-access")
            json.string(endpoint.access)
            if !["open", "anyone"].contains(endpoint.access) {
                json.key("security")
                // What everybody sees needs none.
                json.literal(
                    #"[{"AuthorizationHeaderToken":[]},{"BasicAuth":[]}\#(endpoint.isForAnybody ? ",{}" : "")]"#)
            }
            json.key("parameters")
            json.array { json in writeParameters(of: endpoint, body: body, to: &json) }
            if let body, dialect == .openAPI31 {
                json.key("requestBody")
                json.literal(#"{"required":true,"content":{"application/json":{"schema":\#(body)}}}"#)
            }
            json.key("responses")
            json.object { json in
                for answer in answers {
                    json.key(answer.status)
                    json.literal(answer.json)
                }
                // Too many guesses, an overloaded or a stopping server, a fault.
                json.key("default")
                json.literal(content("any other failure", "application/json", failure))
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Of method and path, so that it stays when words change.
    private static func operationID<App>(_ endpoint: Endpoint<App>) -> String {
        let parts = endpoint.shownPath.dropFirst(basePath.utf8.count).utf8.split { byte in
            !((48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte))
        }
        return ([endpoint.method.rawValue.lowercased()] + parts.map { String(Substring($0)).lowercased() })
            .joined(separator: "_")
    }

    private func writeParameters<App>(of endpoint: Endpoint<App>, body: String?, to json: inout JSONWriter) {
        func parameter(_ name: String, in place: String, _ words: String?, isRequired: Bool, _ json: inout JSONWriter) {
            json.object { json in
                json.key("name")
                json.string(name)
                json.key("in")
                json.string(place)
                if isRequired {
                    json.key("required")
                    json.literal("true")
                }
                if let words {
                    json.key("description")
                    json.string(words)
                }
                if dialect == .swagger2 {
                    json.key("type")
                    json.string("string")
                } else {
                    json.key("schema")
                    json.literal(#"{"type":"string"}"#)
                }
            }
        }
        for part in endpoint.shownPath.split(byte: "/") where part.hasPrefix("{") {
            parameter(String(part.dropFirst().dropLast()), in: "path", nil, isRequired: true, &json)
        }
        for query in endpoint.query { parameter(query.name, in: "query", query.words, isRequired: false, &json) }
        if let body, dialect == .swagger2 {
            json.literal(#"{"name":"body","in":"body","required":true,"schema":\#(body)}"#)
        }
    }

    private func answer(
        _ answer: AnswerShape, _ failure: String, _ schemas: inout SchemaCollection
    ) throws -> String {
        switch answer.content {
        case .none: #"{"description":"nothing"}"#
        case .json(let type): content("answer", "application/json", try schemas.reference(to: type))
        case .message(let name): #"{"description":"\#(name)"}"#
        case .media(let type):
            content("answer", type, dialect == .swagger2 ? #"{"type":"file"}"# : #"{"type":"string"}"#)
        case .failure: content("failure", "application/json", failure)
        }
    }

    private func content(_ words: String, _ type: String, _ schema: String) -> String {
        dialect == .swagger2
            ? #"{"description":"\#(words)","schema":\#(schema)}"#
            : #"{"description":"\#(words)","content":{"\#(type)":{"schema":\#(schema)}}}"#
    }
}

extension Endpoint {
    /// Needs no credentials for what everybody sees.
    package var isForAnybody: Bool {
        ["open", "anyone", "organization: seen"].contains(access)
            || access.hasPrefix("repository: read") && !access.hasSuffix("by token")
    }

    /// The answers that it declares, and those that its access, path and body bring with them.
    package var allAnswers: [AnswerShape] {
        var found = answers
        func add(_ status: Int, if isNeeded: Bool = true) {
            guard isNeeded, !found.contains(where: { $0.status == status }) else { return }
            found.append(.failure(status))
        }
        add(400)
        if access != "open" {
            // Bad credentials are refused everywhere, and so is a token that reaches less far, and Sudo of the wrong one.
            add(401)
            add(403)
            add(404)
        }
        if case .json = body.content {
            add(413)
            add(422)
        }
        var seen: Set<Int> = []
        return found.filter { seen.insert($0.status).inserted }.sorted { $0.status < $1.status }
    }
}
