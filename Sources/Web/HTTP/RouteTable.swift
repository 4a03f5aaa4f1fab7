import Domain

/// A family of paths with one protocol: the shape of its failures, where no endpoint says otherwise.
package struct PathFamily: Sendable {
    /// Literals only.
    package let prefix: String
    package let shape: FailureShape
    package init(_ prefix: String, _ shape: FailureShape) {
        self.prefix = prefix
        self.shape = shape
    }
}

/// All endpoints, found by walking down the parts of a path: a literal goes before a name, and a name before one that takes
/// the rest of the path with its slashes, which stands last and is written `{name...}`.
package struct RouteTable<App: Sendable>: Sendable {
    package struct Clash: Error, CustomStringConvertible {
        package let description: String
    }

    /// What the table says of a request.
    package enum Match: Sendable {
        case found(Endpoint<App>, names: [String: String])
        /// The path is there and takes these methods.
        case wrongMethod(allowed: [String], FailureShape)
        case unknown(FailureShape)
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var name: Int?
        var rest: Int?
        /// Places of endpoints in `endpoints` that end here.
        var ends: [Int] = []
    }

    package let endpoints: [Endpoint<App>]
    private let families: [PathFamily]
    private var nodes = [Node()]
    private let names: [[String]]
    /// Paths whose body is read as a stream: asked for each request before its body is read.
    private let streamed: Set<String>

    /// - Parameter families: the longest prefix that fits counts; one must be "/".
    /// - Throws: `Clash` when two endpoints would take the same request.
    package init(_ endpoints: [Endpoint<App>], families: [PathFamily]) throws {
        self.endpoints = endpoints
        self.families = families.sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }
        names = endpoints.map { $0.path.split(byte: "/").compactMap(Self.name) }
        streamed = Set(endpoints.compactMap { if case .stream = $0.body.content { $0.path } else { nil } })
        for (place, endpoint) in endpoints.enumerated() {
            let node = add(endpoint.path)
            for other in nodes[node].ends {
                let taken = endpoints[other]
                guard taken.method != endpoint.method, taken.method != .every, endpoint.method != .every else {
                    throw Clash(
                        description: "two endpoints take \(endpoint.method.rawValue) \(endpoint.path): "
                            + "\"\(taken.summary)\" and \"\(endpoint.summary)\"")
                }
            }
            nodes[node].ends.append(place)
        }
    }

    /// What stands between braces.
    private static func name(_ part: some StringProtocol) -> String? {
        guard part.utf8.first == UInt8(ascii: "{") else { return nil }
        return String(part.dropFirst().dropLast(takesRest(part) ? 4 : 1))
    }

    private static func takesRest(_ part: some StringProtocol) -> Bool { part.hasSuffix("...}") }

    private mutating func add(_ path: String) -> Int {
        var at = 0
        for part in path.split(byte: "/") {
            let isName = Self.name(part) != nil
            let takesRest = isName && Self.takesRest(part)
            let known = takesRest ? nodes[at].rest : isName ? nodes[at].name : nodes[at].literals[String(part)]
            if let known {
                at = known
                continue
            }
            nodes.append(Node())
            if takesRest {
                nodes[at].rest = nodes.count - 1
            } else if !isName {
                nodes[at].literals[String(part)] = nodes.count - 1
            } else {
                nodes[at].name = nodes.count - 1
            }
            at = nodes.count - 1
        }
        return at
    }

    package func streamsBody(_ request: Request) -> Bool { streamed.contains(request.rawPath) }

    package func shape(of request: Request) -> FailureShape {
        let fitting = families.first { family in
            request.segments.starts(with: family.prefix.split(byte: "/"))
        }
        return fitting?.shape ?? .page
    }

    /// Of its own pattern; a request's path says more (`/api/x/actions` may be a page's pattern).
    package func shape(of endpoint: Endpoint<App>) -> FailureShape {
        if let shape = endpoint.shape { return shape }
        let parts = endpoint.path.split(byte: "/")
        return families.first { parts.starts(with: $0.prefix.split(byte: "/")) }?.shape ?? .page
    }

    package func match(_ request: Request) -> Match {
        var allowed: [Int] = []
        if let found = find(request.segments[...], at: 0, method: request.method, bound: [], allowed: &allowed) {
            let pairs = zip(names[found.place], found.bound).map { ($0, $1) }
            return .found(
                endpoints[found.place], names: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
        }
        let told = allowed.lazy.compactMap { endpoints[$0].shape }.first ?? shape(of: request)
        guard !allowed.isEmpty else { return .unknown(told) }
        return .wrongMethod(allowed: Set(allowed.flatMap { endpoints[$0].method.allowed }).sorted(), told)
    }

    private func find(
        _ rest: ArraySlice<String>, at node: Int, method: String, bound: [String], allowed: inout [Int]
    ) -> (place: Int, bound: [String])? {
        guard let part = rest.first else {
            let ends = nodes[node].ends
            if let place = ends.first(where: { endpoints[$0].method.takes(method) }) { return (place, bound) }
            allowed += ends
            return nil
        }
        let whole = rest
        let rest = rest.dropFirst()
        if let next = nodes[node].literals[part],
            let found = find(rest, at: next, method: method, bound: bound, allowed: &allowed)
        {
            return found
        }
        if let next = nodes[node].name,
            let found = find(rest, at: next, method: method, bound: bound + [part], allowed: &allowed)
        {
            return found
        }
        guard let last = nodes[node].rest else { return nil }
        return find([], at: last, method: method, bound: bound + [whole.joined(separator: "/")], allowed: &allowed)
    }
}
