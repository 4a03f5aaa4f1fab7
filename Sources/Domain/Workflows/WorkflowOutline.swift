/// What a workflow file makes of an event when nobody is to run it: `millrace workflow plan`, `check` and `payload`.
///
/// There is no repository and no server, so variables are empty and the event is a sample; a job that these would make
/// impossible is listed as its author wrote it, as a job is that reads its needs.
public struct WorkflowOutline: Sendable {
    /// The event that the file is planned for.
    public struct Event: Sendable {
        public var name: String
        /// A whole ref; a short name means a branch.
        public var ref: String
        /// The webhook payload as JSON; nil: a small one that fits the event.
        public var payload: String?
        /// Inputs of a dispatch, as texts.
        public var inputs: [(name: String, text: String)]
        /// The context `vars` as JSON.
        public var vars: String

        public init(
            name: String = "push", ref: String = "refs/heads/main", payload: String? = nil,
            inputs: [(name: String, text: String)] = [], vars: String = "{}"
        ) {
            self.name = name
            self.ref = wholeRef(ref)
            self.payload = payload
            self.inputs = inputs
            self.vars = vars
        }
    }

    public let path: String
    public let reading: WorkflowReading
    /// Names of the events that `on` lists, in source order.
    public var events: [String] { reading.triggers?.names.map(\.rawValue) ?? [] }
    public var jobs: [JobPlan] { reading.workflow?.jobs ?? [] }
    public var errors: [Diagnostic] { reading.diagnostics.filter { $0.severity == .error } }

    /// - Throws: ``CaseFault`` when the event itself cannot be read.
    public init(
        _ bytes: [UInt8], path: String, event: Event = Event(), makesPayloads: Bool = true
    ) throws(CaseFault) {
        self.path = path
        guard EventName(rawValue: event.name) != nil else {
            throw CaseFault("event \"\(event.name)\" is not known")
        }
        let file = WorkflowFile(bytes, path: path)
        let values: (event: ExpressionValue, vars: ExpressionValue)
        do throws(JSONFault) {
            values = (
                try ExpressionValue(json: event.payload ?? Self.samplePayload(event)),
                try ExpressionValue(json: event.vars)
            )
        } catch {
            throw CaseFault("the event or the variables are no JSON: \(error.message)")
        }
        let facts = RunContext(
            run: RunID(1), runNumber: 1, attempt: 1, event: event.name, ref: event.ref,
            sha: String(repeating: "0", count: 40), workflowID: workflowID(ofPath: path), workflowPath: path,
            actor: "you", triggeringActor: "you", repositoryOwner: "you", repositoryName: "app")
        let dispatch = RepositoryEvent.workflowDispatch(
            .init(
                workflow: "", ref: event.ref, inputs: event.inputs.map { .init(name: $0.name, text: $0.text) }))
        var contexts = PlanContexts(
            github: githubValue(facts, base: "http://localhost", event: values.event), vars: values.vars,
            inputs: event.name == EventName.workflowDispatch.rawValue
                ? inputs(of: dispatch, file.triggers)
                : .object(event.inputs.map { (key: $0.name, value: .string($0.text)) }))
        contexts.isOutline = true
        contexts.makesPayloads = makesPayloads
        contexts.needs = .object([])  // of a job that needs nothing; others are told of as they are written
        reading = file.reading(contexts)
    }

    /// Nothing else of the event is known.
    private static func samplePayload(_ event: Event) -> String {
        var json = JSONWriter()
        json.object { json in
            json.key("ref")
            json.string(event.ref)
            json.key("head_commit")
            json.object { json in
                json.key("message")
                json.string("Change")
            }
            json.key("inputs")
            json.object { json in
                for input in event.inputs {
                    json.key(input.name)
                    json.string(input.text)
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// `{"ok":true,"events":[…],"jobs":[…]}`, or `{"ok":false,"errors":[…]}` when there is any error.
    public var json: String {
        var json = JSONWriter()
        let errors = errors
        json.object { json in
            json.key("ok")
            json.literal(errors.isEmpty ? "true" : "false")
            guard errors.isEmpty else { return Self.write(errors, &json) }
            json.key("events")
            json.array { json in events.forEach { json.string($0) } }
            json.key("jobs")
            json.array { json in
                for job in jobs {
                    json.object { json in
                        json.key("id")
                        json.string(job.key)
                        json.key("name")
                        json.string(job.name)
                        json.key("needs")
                        json.array { json in job.needs.forEach { json.string($0) } }
                        json.key("runs_on")
                        json.array { json in job.runsOn.forEach { json.string($0) } }
                    }
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// `{"ok":false,"errors":[…]}` about something that is no fault of the text.
    public static func refusal(_ message: String, path: String) -> String {
        var json = JSONWriter()
        json.object { json in
            json.key("ok")
            json.literal("false")
            write(
                [Diagnostic(severity: .error, path: path, line: 1, column: 1, code: "file", message: message)], &json)
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func write(_ errors: [Diagnostic], _ json: inout JSONWriter) {
        json.key("errors")
        json.array { json in
            for error in errors {
                json.object { json in
                    json.key("line")
                    json.literal("\(error.line)")
                    json.key("col")
                    json.literal("\(error.column)")
                    json.key("message")
                    json.string(error.message)
                    json.key("code")
                    json.string(error.code)
                }
            }
        }
    }

    /// The payloads of all jobs that a runner would get, as a JSON list of texts. A job that waits for what it reads is as its
    /// author wrote it.
    public var payloads: String {
        var json = JSONWriter()
        json.array { json in
            for job in jobs where !job.isCall { json.string(String(decoding: job.payload, as: UTF8.self)) }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension Diagnostic {
    /// A line that GitHub's and Gitea's runners turn into an annotation of the file:
    /// `::error file=ci.yml,line=3,col=5,title=type::…`.
    public var annotation: String {
        func escaped(_ text: String, also marks: [UInt8] = []) -> String {
            var out: [UInt8] = []
            for byte in text.utf8 {
                guard [0x25, 0x0A, 0x0D].contains(byte) || marks.contains(byte) else {
                    out.append(byte)
                    continue
                }
                let digits = String(byte, radix: 16, uppercase: true)
                out.append(contentsOf: "%\(digits.utf8.count < 2 ? "0" : "")\(digits)".utf8)
            }
            return String(decoding: out, as: UTF8.self)
        }
        let marks = Array(":,".utf8)
        return
            "::\(severity.rawValue) file=\(escaped(path, also: marks)),line=\(line),col=\(column),title=\(escaped(code, also: marks))::\(escaped(message))"
    }
}
