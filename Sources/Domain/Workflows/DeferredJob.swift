/// A job whose legs are planned when its needs are done, because its matrix, name, labels or settings read their outputs
/// (workflows.md 9). Until then one blocked row stands for them.
public struct DeferredJob: Equatable, Sendable {
    /// What the needs' outputs make of it.
    public enum Expansion: Equatable, Sendable {
        /// In the order of the matrix; none when it has no combination.
        case legs([PlannedJob])
        /// Why it cannot be planned, in words for the job's page.
        case fault(String)
    }

    /// The version of the stored form; the same number as of a ``JobDefinition``, in whose place it is stored.
    private static let version = JobDefinition.version

    /// The workflow file's path.
    let path: String
    /// The job's id in the file.
    public let key: String
    public let needs: [String]
    /// A workflow file with this job alone, as JSON, without what it needs: planned as any other file.
    let file: [UInt8]
    /// What it has from the job that called its workflow.
    let frame: CallFrame?

    /// - Parameters:
    ///   - workflow: members of the workflow that every job carries.
    ///   - job: members of the job as the author wrote them, without `needs`.
    init(
        path: String, key: String, needs: [String], workflow: [[UInt8]], job: [[UInt8]], frame: CallFrame? = nil
    ) {
        self.path = path
        self.frame = frame
        self.key = key
        self.needs = needs
        var json = JSONWriter()
        json.object { json in
            workflow.forEach { json.member($0) }
            json.key("jobs")
            json.object { json in
                json.key(key)
                json.object { json in job.forEach { json.member($0) } }
            }
        }
        file = json.bytes
    }

    /// The legs. `if` was judged before, for all of them.
    ///
    /// - Parameters:
    ///   - values: contexts of the run.
    ///   - results: of the needs, with their outputs.
    ///   - legsMax: how many jobs the run may still get, this one included.
    ///   - steps: what planning may still cost, counted down.
    public func expansion(
        _ values: RunValues, needs results: [NeedResult], legsMax: Int, steps: inout Int
    ) -> Expansion {
        guard steps > 0 else {
            return .fault(
                "job \"\(key)\" cannot be planned: planning the jobs that start with it takes too many steps [planning-cost]"
            )
        }
        let workflow = WorkflowFile(file, path: path, steps: min(steps, PlanningLimits.fileStepsMax))
        var contexts = PlanContexts(
            github: values.github, vars: values.vars, inputs: frame?.inputValues ?? values.inputs)
        contexts.needs = needsContext(results)
        contexts.frame = frame
        let reading = workflow.reading(contexts)
        steps -= reading.steps
        let errors = reading.diagnostics.filter { $0.severity == .error }
        if !errors.isEmpty, errors.allSatisfy({ $0.code == "matrix-empty" }) { return .legs([]) }
        guard let jobs = reading.workflow?.jobs, errors.isEmpty else {
            // Their places are of the stored form, which nobody sees.
            let words = errors.map { "\($0.message) [\($0.code)]" }.joined(separator: "; ")
            return .fault("job \"\(key)\" cannot be planned: \(words)")
        }
        guard jobs.count <= legsMax else {
            return .fault(
                "job \"\(key)\" cannot be planned: its matrix makes \(jobs.count) jobs, and the run may have \(legsMax) more [matrix-limit]"
            )
        }
        return .legs(jobs.map { PlannedJob($0, needs: needs) })
    }

    // MARK: stored form

    /// `{"version":1,"path":…,"key":…,"needs":[…],"file":{…}}`, and `frame` in a called workflow.
    public var stored: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("version")
            json.literal("\(Self.version)")
            json.key("path")
            json.string(path)
            json.key("key")
            json.string(key)
            json.key("needs")
            json.array { json in needs.forEach { json.string($0) } }
            json.key("file")
            json.member(file)
            if let frame {
                json.key("frame")
                frame.write(to: &json)
            }
        }
        return json.bytes
    }

    /// Reads what ``stored`` wrote.
    public init(stored bytes: [UInt8]) throws(JobDefinition.Fault) {
        do throws(JSONFault) {
            let parts = try StoredParts(bytes)
            path = try parts.text("path")
            key = try parts.text("key")
            needs = try parts.texts("needs")
            file = Array(try parts.value("file"))
            frame = try parts.optionalValue("frame").map { (bytes) throws(JSONFault) in try CallFrame(stored: bytes) }
        } catch {
            throw JobDefinition.Fault(description: "the job's definition cannot be read: \(error.message)")
        }
    }
}
