/// What a called workflow's jobs share while they run, and what the caller has of them at the end; kept with the caller.
public struct CallScope: Equatable, Sendable {
    /// The context `inputs`, as JSON text.
    let inputs: String
    /// Names, and the texts that give their values.
    let outputs: [Output]

    struct Output: Equatable, Sendable {
        let name: String
        let value: String
    }

    init(inputs: String, outputs: [(name: String, value: YAMLNode)]) {
        self.inputs = inputs
        self.outputs = outputs.map { Output(name: $0.name, value: $0.value.scalar.map(scalarText) ?? "") }
    }

    var inputValues: ExpressionValue { (try? ExpressionValue(json: inputs)) ?? .object([]) }

    /// The outputs of the call, once all its jobs are done.
    ///
    /// - Parameters:
    ///   - jobs: the callee's jobs, the legs of a matrix as one.
    /// - Throws: ``CallFault`` when one cannot be evaluated, or they are too large together.
    func outputs(_ values: RunValues, jobs: [NeedResult]) throws(CallFault) -> [JobOutput] {
        guard !outputs.isEmpty else { return [] }
        var budget = ExpressionBudget(workBytes: PlanningLimits.fileStepsMax * PlanningLimits.stepBytes)
        let contexts = ExpressionContexts([
            "github": values.github, "gitea": values.github, "vars": values.vars, "inputs": inputValues,
            "jobs": needsContext(jobs),
        ])
        var found: [JobOutput] = []
        var bytes = 0
        for output in outputs {
            let text: String
            do {
                text = try Template(output.value, .callOutput).value(in: contexts, &budget).text
            } catch let fault as EvaluationFault {
                throw CallFault("output \"\(output.name)\" cannot be evaluated: \(fault.message)")
            } catch {
                throw CallFault("output \"\(output.name)\" cannot be evaluated")
            }
            bytes += output.name.utf8.count + text.utf8.count
            guard bytes <= CallLimits.valuesBytesMax, !hasNUL(text) else {
                throw CallFault(
                    "its outputs have more than \(CallLimits.valuesBytesMax) bytes together, or a NUL character")
            }
            found.append(JobOutput(name: output.name, value: text))
        }
        return found
    }

    // MARK: stored form

    /// `{"inputs":{…},"outputs":{"name":"${{ … }}"}}`
    public var stored: String {
        var json = JSONWriter()
        json.object { json in
            json.key("inputs")
            json.member(Array(inputs.utf8))
            json.key("outputs")
            json.object { json in
                for output in outputs {
                    json.key(output.name)
                    json.string(output.value)
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Outputs as an object of texts.
    public static func stored(_ outputs: [JobOutput]) -> String {
        var json = JSONWriter()
        json.object { json in
            for output in outputs {
                json.key(output.name)
                json.string(output.value)
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    public init(stored text: String) throws(JSONFault) {
        let parts = StoredMembers(try jsonMembers(Array(text.utf8)[...]))
        inputs = String(decoding: try parts.value("inputs"), as: UTF8.self)
        outputs = try jsonMembers(try parts.value("outputs")).map { (member) throws(JSONFault) in
            Output(name: member.key, value: try member.text())
        }
    }
}
