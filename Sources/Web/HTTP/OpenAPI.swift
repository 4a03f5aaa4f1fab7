import Domain

/// The OpenAPI 3.0 document of the REST endpoints in a table.
package struct OpenAPI: Sendable {
    private let title: String
    private let version: String

    package init(title: String, version: String) {
        self.title = title
        self.version = version
    }

    private struct RESTFailure: Described {
        let message: String
        let url: String
        static let example = RESTFailure(message: "not found", url: "/api/swagger")
    }

    /// Paths below `/api/v1` in the order of the table.
    package func document<App>(of endpoints: [Endpoint<App>]) throws -> [UInt8] {
        var schemas = SchemaCollection()
        var paths: [(path: String, operations: [(method: String, json: String)])] = []
        for endpoint in endpoints where endpoint.path.hasPrefix("/api/v1/") {
            let operation = (
                method: endpoint.method.rawValue.lowercased(), json: try operation(endpoint, &schemas)
            )
            if let known = paths.firstIndex(where: { $0.path == endpoint.shownPath }) {
                paths[known].operations.append(operation)
            } else {
                paths.append((endpoint.shownPath, [operation]))
            }
        }
        var json = JSONWriter()
        json.object { json in
            json.key("openapi")
            json.string("3.0.3")
            json.key("info")
            json.object { json in
                json.key("title")
                json.string(title)
                json.key("version")
                json.string(version)
            }
            json.key("servers")
            json.array { json in
                json.object { json in
                    json.key("url")
                    json.string("/")
                }
            }
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
            json.key("components")
            json.object { json in
                json.key("schemas")
                json.object { json in
                    for schema in schemas.schemas {
                        json.key(schema.name)
                        json.literal(schema.json)
                    }
                }
                json.key("securitySchemes")
                json.literal(
                    #"{"AccessToken":{"type":"apiKey","name":"Authorization","in":"header","description":"token TOKEN"},"Basic":{"type":"http","scheme":"basic"}}"#
                )
            }
        }
        return json.bytes
    }

    private func operation<App>(_ endpoint: Endpoint<App>, _ schemas: inout SchemaCollection) throws -> String {
        var json = JSONWriter()
        var failed: (any Error)?
        json.object { json in
            do { try write(endpoint, to: &json, &schemas) } catch { failed = error }
        }
        if let failed { throw failed }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func write<App>(
        _ endpoint: Endpoint<App>, to json: inout JSONWriter, _ schemas: inout SchemaCollection
    ) throws {
        json.key("summary")
        json.string(endpoint.summary)
        if !endpoint.scope.isEmpty {
            json.key("tags")
            json.array { json in
                for name in endpoint.scope.names { json.string(name) }
            }
        }
        json.key("x-millrace-access")
        json.string(endpoint.access)
        if !["open", "anyone"].contains(endpoint.access) {
            json.key("security")
            // What is public needs none.
            let isPublic = endpoint.access == "repository: read"
            json.literal(#"[{"AccessToken":[]},{"Basic":[]}\#(isPublic ? ",{}" : "")]"#)
        }
        let names = endpoint.shownPath.split(byte: "/").filter { $0.hasPrefix("{") }.map {
            String($0.dropFirst().dropLast())
        }
        json.key("parameters")
        json.array { json in
            for name in names {
                json.literal(
                    #"{"name":"\#(name)","in":"path","required":true,"schema":{"type":"string"}}"#)
            }
            for parameter in endpoint.query {
                json.object { json in
                    json.key("name")
                    json.string(parameter.name)
                    json.key("in")
                    json.string("query")
                    json.key("description")
                    json.string(parameter.words)
                    json.key("schema")
                    json.literal(#"{"type":"string"}"#)
                }
            }
        }
        if case .json(let type) = endpoint.body.content {
            let reference = try schemas.reference(to: type)
            json.key("requestBody")
            json.literal(#"{"required":true,"content":{"application/json":{"schema":\#(reference)}}}"#)
        }
        let answers = try endpoint.answers.map { (status: $0.status, json: try self.answer($0, &schemas)) }
        json.key("responses")
        json.object { json in
            for answer in answers {
                json.key("\(answer.status)")
                json.literal(answer.json)
            }
        }
    }

    private func answer(_ answer: AnswerShape, _ schemas: inout SchemaCollection) throws -> String {
        switch answer.content {
        case .none: return #"{"description":"nothing"}"#
        case .json(let type):
            return
                #"{"description":"answer","content":{"application/json":{"schema":\#(try schemas.reference(to: type))}}}"#
        case .message(let name): return #"{"description":"\#(name)"}"#
        case .media(let type):
            return #"{"description":"answer","content":{"\#(type)":{"schema":{"type":"string"}}}}"#
        case .failure:
            return
                #"{"description":"failure","content":{"application/json":{"schema":\#(try schemas.reference(to: RESTFailure.self))}}}"#
        }
    }
}
