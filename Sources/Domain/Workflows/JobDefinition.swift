/// A job as planned: all that its payload is made of when a runner claims it.
///
/// Stored with the job. What planning decided (name, labels, this leg of the matrix) is kept as plain data; the rest is
/// kept as the author wrote it, for the runner to evaluate. The payload is not stored in its stead because values that are
/// known only at the claim (outputs of needs, variables, secrets) are to enter it.
public struct JobDefinition: Equatable, Sendable {
    /// The version of the stored form. This server reads it and `versionWithSecrets`.
    static let version = 1
    /// Of a job that does not get all secrets: a server that does not know that must not give it out.
    static let versionWithSecrets = 2

    /// A member of the job's mapping, in the order of the file.
    enum Member: Equatable, Sendable {
        /// Key and value as the runner gets them: `"env":{"A":"1"}`.
        case written([UInt8])
        case runsOn(Labels)
        case strategy([StrategyMember])
    }

    enum StrategyMember: Equatable, Sendable {
        /// `"fail-fast":false`
        case written([UInt8])
        /// The leg's values, each as JSON.
        case leg([LegValue])
    }

    struct LegValue: Equatable, Sendable {
        let key: String
        let json: [UInt8]
    }

    /// Members of the workflow that every job carries: `"on":"push"`.
    let workflow: [[UInt8]]
    /// The job's id in the file.
    public let key: String
    public let name: String
    public internal(set) var needs: [String]
    var job: [Member]
    /// Which secrets the job gets.
    public internal(set) var secrets = SecretGrant.all
}

/// What the runner gets for a job: JSON of a workflow with this one job (workflows.md 15).
///
/// What was evaluated is data, so `${{` in it is escaped: the runner would evaluate it again, with secrets.
public func payload(of definition: JobDefinition) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
        definition.workflow.forEach { json.member($0) }
        json.key("jobs")
        json.object { json in
            json.key(definition.key)
            json.object { json in
                json.key("name")
                json.data(definition.name)
                for member in definition.job {
                    switch member {
                    case .written(let bytes): json.member(bytes)
                    case .runsOn(let labels):
                        json.key("runs-on")
                        if labels.isString, let label = labels.labels.first {
                            json.data(label)
                        } else {
                            json.array { json in labels.labels.forEach { json.data($0) } }
                        }
                    case .strategy(let members):
                        json.key("strategy")
                        json.object { json in members.forEach { write($0, &json) } }
                    }
                }
            }
        }
    }
    return json.bytes
}

/// Each key of the matrix with this leg's value alone, so that the runner's own expansion gives exactly one combination.
private func write(_ member: JobDefinition.StrategyMember, _ json: inout JSONWriter) {
    switch member {
    case .written(let bytes): json.member(bytes)
    case .leg(let values):
        json.key("matrix")
        json.object { json in
            for value in values {
                json.dataKey(value.key)
                json.array { $0.member(withoutExpressions(value.json)) }
            }
        }
    }
}

// MARK: stored form

extension JobDefinition {
    /// Why a stored definition cannot be read, for the person who looks at the job.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The JSON that is stored with the job: `{"version":1,"key":…,"name":…,"needs":[…],"workflow":{…},"job":{…}}`. In `job`,
    /// `runs-on` and `strategy` have their values; a `runs-on` that is a mapping is as the author wrote it.
    public var stored: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("version")
            json.literal("\(secrets == .all ? Self.version : Self.versionWithSecrets)")
            if secrets != .all {
                json.key("secrets")
                secrets.write(to: &json)
            }
            json.key("key")
            json.string(key)
            json.key("name")
            json.string(name)
            json.key("needs")
            json.array { json in needs.forEach { json.string($0) } }
            json.key("workflow")
            json.object { json in workflow.forEach { json.member($0) } }
            json.key("job")
            json.object { json in
                for member in job {
                    switch member {
                    case .written(let bytes): json.member(bytes)
                    case .runsOn(let labels):
                        json.key("runs-on")
                        if labels.isString, let label = labels.labels.first {
                            json.string(label)
                        } else {
                            json.array { json in labels.labels.forEach { json.string($0) } }
                        }
                    case .strategy(let members):
                        json.key("strategy")
                        json.object { json in members.forEach { Self.store($0, &json) } }
                    }
                }
            }
        }
        return json.bytes
    }

    private static func store(_ member: StrategyMember, _ json: inout JSONWriter) {
        switch member {
        case .written(let bytes): json.member(bytes)
        case .leg(let values):
            json.key("matrix")
            json.object { json in
                for value in values {
                    json.key(value.key)
                    json.member(value.json)
                }
            }
        }
    }

    /// Reads what ``stored`` wrote.
    public init(stored bytes: [UInt8]) throws(Fault) {
        do throws(JSONFault) {
            let parts = try StoredParts(bytes)
            key = try parts.text("key")
            name = try parts.text("name")
            needs = try parts.texts("needs")
            workflow = try jsonMembers(try parts.value("workflow")).map(written)
            var job: [Member] = []
            for member in try jsonMembers(try parts.value("job")) {
                switch (member.key, member.value.first) {
                case ("runs-on", UInt8(ascii: "\"")):
                    job.append(.runsOn(Labels(labels: [try member.text()], isString: true)))
                case ("runs-on", UInt8(ascii: "[")):
                    job.append(.runsOn(Labels(labels: try member.texts(), isString: false)))
                case ("strategy", _): job.append(.strategy(try strategy(member.value)))
                default: job.append(.written(written(member)))
                }
            }
            self.job = job
            if let bytes = parts.optionalValue("secrets") {
                secrets = try SecretGrant(stored: try ExpressionValue(json: String(decoding: bytes, as: UTF8.self)))
            }
        } catch {
            throw Fault(description: "the job's definition cannot be read: \(error.message)")
        }
    }
}

/// The members of a stored definition, whose version this server reads.
struct StoredParts {
    private let parts: StoredMembers

    init(_ bytes: [UInt8]) throws(JSONFault) {
        parts = StoredMembers(try jsonMembers(bytes[...]))
        let version = String(decoding: try value("version"), as: UTF8.self)
        guard ["\(JobDefinition.version)", "\(JobDefinition.versionWithSecrets)"].contains(version) else {
            throw JSONFault(
                message:
                    "it has version \(version.prefix(20)) and this server reads \(JobDefinition.version) and \(JobDefinition.versionWithSecrets); "
                    + "a newer server planned the job")
        }
    }

    func value(_ key: String) throws(JSONFault) -> ArraySlice<UInt8> { try parts.value(key) }
    func optionalValue(_ key: String) -> ArraySlice<UInt8>? { parts[key]?.value }
    func text(_ key: String) throws(JSONFault) -> String { try parts.text(key) }
    func texts(_ key: String) throws(JSONFault) -> [String] { try parts.texts(key) }
}

/// The members of an object that Millrace stored.
struct StoredMembers {
    private let members: [JSONMember]

    init(_ members: [JSONMember]) { self.members = members }

    subscript(key: String) -> JSONMember? { members.first { $0.key == key } }

    private func member(_ key: String) throws(JSONFault) -> JSONMember {
        guard let found = self[key] else { throw JSONFault(message: "it has no \"\(key)\"") }
        return found
    }
    func value(_ key: String) throws(JSONFault) -> ArraySlice<UInt8> { try member(key).value }
    func text(_ key: String) throws(JSONFault) -> String { try member(key).text() }
    func texts(_ key: String) throws(JSONFault) -> [String] { try member(key).texts() }
}

private func strategy(_ value: ArraySlice<UInt8>) throws(JSONFault) -> [JobDefinition.StrategyMember] {
    var members: [JobDefinition.StrategyMember] = []
    for member in try jsonMembers(value) {
        if member.key == "matrix" {
            let values = try jsonMembers(member.value)
            members.append(.leg(values.map { JobDefinition.LegValue(key: $0.key, json: Array($0.value)) }))
        } else {
            members.append(.written(written(member)))
        }
    }
    return members
}

private func written(_ member: JSONMember) -> [UInt8] {
    var json = JSONWriter()
    json.key(member.key)
    json.member(Array(member.value))
    return json.bytes
}
