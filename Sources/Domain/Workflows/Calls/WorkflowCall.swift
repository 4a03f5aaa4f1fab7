/// A job that calls a workflow, as planned: its row stands for the callee's jobs, and no runner gets it (workflows.md 13).
public struct WorkflowCall: Equatable, Sendable {
    /// What becomes of it when its needs are done.
    public enum Expansion: Equatable, Sendable {
        case jobs([PlannedJob], CallScope)
        /// Why the callee cannot be planned, in words for the job's page.
        case fault(String)
    }

    /// The job's id in the file.
    let key: String
    /// As people see it; stands before the names of the callee's jobs.
    let name: String
    let needs: [String]
    let file: CallReference
    /// The mapping `with` as JSON, its expressions not evaluated.
    let with: String
    /// The contexts of its leg, as JSON.
    let matrix: String
    let strategy: String
    let secrets: CallSecrets
    let permissions: TokenPermissions
    let mayIdentify: Bool
    /// What the caller itself has from a caller.
    let frame: CallFrame?

    /// The callee's jobs.
    ///
    /// - Parameters:
    ///   - values: contexts of the run.
    ///   - results: of the needs, with their outputs.
    ///   - files: the run's called files, by the names of their references.
    ///   - jobsMax: how many jobs the run may still get.
    ///   - steps: what planning may still cost, counted down.
    public func expansion(
        _ values: RunValues, needs results: [NeedResult], files: [String: [UInt8]], jobsMax: Int, steps: inout Int
    ) -> Expansion {
        do throws(CallFault) {
            guard let bytes = files[file.name] else {
                throw CallFault("\"\(file.name)\" was not read when the run was planned")
            }
            guard steps > 0 else {
                throw CallFault("planning the called workflows takes too many steps [planning-cost]")
            }
            let callee = WorkflowFile(bytes, path: file.name, steps: min(steps, PlanningLimits.fileStepsMax))
            guard let interface = callee.interface else {
                throw CallFault("\"\(file.name)\" has no \"workflow_call\"")
            }
            let inputs = try inputs(of: interface, values, results)
            let frame = frame(inputs: inputs)
            var contexts = PlanContexts(github: values.github, vars: values.vars, inputs: inputs)
            contexts.frame = frame
            let reading = callee.reading(contexts)
            steps -= reading.steps
            let errors = reading.diagnostics.filter { $0.severity == .error }
            guard let jobs = reading.workflow?.jobs, errors.isEmpty else {
                throw CallFault(errors.map(\.description).joined(separator: "; "))
            }
            guard jobs.count <= jobsMax else {
                throw CallFault(
                    "\"\(file.name)\" makes \(jobs.count) jobs, and the run may have \(jobsMax) more [matrix-limit]")
            }
            return .jobs(
                jobs.map { PlannedJob($0) },
                CallScope(inputs: frame.inputs, outputs: interface.outputs.map { ($0.name, $0.value) }))
        } catch {
            return .fault("job \"\(key)\" cannot call its workflow: \(error.words)")
        }
    }

    private func frame(inputs: ExpressionValue) -> CallFrame {
        var json = JSONWriter()
        json.value(inputs)
        return CallFrame(
            namePrefix: name + " / ", inputs: String(decoding: json.bytes, as: UTF8.self),
            secrets: (frame?.secrets ?? .all).passed(by: secrets), permissions: permissions, mayIdentify: mayIdentify,
            file: file)
    }

    // MARK: inputs

    private func inputs(
        of interface: CallInterface, _ values: RunValues, _ results: [NeedResult]
    ) throws(CallFault) -> ExpressionValue {
        var budget = ExpressionBudget(workBytes: PlanningLimits.fileStepsMax * PlanningLimits.stepBytes)
        let github = values.github
        let own = frame?.inputValues ?? values.inputs
        let contexts = ExpressionContexts([
            "github": github, "gitea": github, "vars": values.vars, "inputs": own, "needs": needsContext(results),
            "matrix": (try? ExpressionValue(json: matrix)) ?? .null,
            "strategy": (try? ExpressionValue(json: strategy)) ?? .null,
        ])
        guard case .object(let given)? = try? ExpressionValue(json: with) else {
            throw CallFault("its \"with\" cannot be read")
        }
        var pairs: [(key: String, value: ExpressionValue)] = []
        for input in interface.inputs {
            let value: ExpressionValue
            let place: String
            if let written = given[input.name], written.isGiven {
                place = "\"\(input.name)\" of \"with\""
                value = try Self.value(written, .job("with"), place, contexts, &budget)
            } else if input.isRequired {
                throw CallFault("\"with\" lacks \"\(input.name)\", which \"\(file.name)\" requires [call-input]")
            } else {
                place = "the default of input \"\(input.name)\""
                let written = input.fallback.map { $0.scalar == nil ? .string("") : $0.expressionValue } ?? .null
                value = try Self.value(written, .callDefault, place, contexts, &budget)
            }
            do throws(CallInterface.TypeFault) {
                pairs.append((input.name, try input.kind.value(value)))
            } catch {
                throw CallFault("\(place) is \(error.what), not a \(input.kind.rawValue) [call-input]")
            }
        }
        let inputs = ExpressionValue.object(pairs)
        guard (try? inputs.json(bytesMax: CallLimits.valuesBytesMax)) != nil else {
            throw CallFault("its inputs have more than \(CallLimits.valuesBytesMax) bytes [call-input]")
        }
        return inputs
    }

    private static func value(
        _ written: ExpressionValue, _ scope: ExpressionScope, _ place: String, _ contexts: ExpressionContexts,
        _ budget: inout ExpressionBudget
    ) throws(CallFault) -> ExpressionValue {
        guard case .string(let text) = written, hasExpression(text) else { return written }
        do {
            let value = try Template(text, scope).value(in: contexts, &budget)
            if case .string(let text) = value, hasNUL(text) { throw CallFault("\(place) has a NUL character") }
            return value
        } catch let fault as CallFault {
            throw fault
        } catch {
            throw CallFault("\(place) cannot be evaluated: \(words(of: error))")
        }
    }
}

extension ExpressionValue {
    /// Written at all: `with: {x: }` gives nothing.
    fileprivate var isGiven: Bool { if case .null = self { false } else { true } }
}

private func words(of error: any Error) -> String {
    switch error {
    case let fault as ExpressionFault: fault.message
    case let fault as EvaluationFault: fault.message
    default: "\(error)"
    }
}

/// Why a call fails, in words.
struct CallFault: Error {
    let words: String
    init(_ words: String) { self.words = words }
}

// MARK: stored form

extension WorkflowCall {
    /// `{"version":1,"key":…,"name":…,"needs":[…],"call":…,"with":{…},…}`, in the place of a job's definition.
    public var stored: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("version")
            json.literal("\(JobDefinition.version)")
            for (name, text) in [
                ("key", key), ("name", name), ("call", file.name), ("permissions", permissions.stored),
            ] {
                json.key(name)
                json.string(text)
            }
            json.key("needs")
            json.array { json in needs.forEach { json.string($0) } }
            for (name, text) in [
                ("with", with), ("matrix", matrix), ("strategy", strategy),
                ("id_token", mayIdentify ? "true" : "false"),
            ] {
                json.key(name)
                json.member(Array(text.utf8))
            }
            json.key("secrets")
            switch secrets {
            case .inherit: SecretGrant.all.write(to: &json)
            case .these(let items): SecretGrant.these(items).write(to: &json)
            }
            if let frame {
                json.key("frame")
                frame.write(to: &json)
            }
        }
        return json.bytes
    }

    /// Whether a stored placeholder is a call, and not a ``DeferredJob``.
    static func isStored(in bytes: [UInt8]) -> Bool {
        ((try? jsonMembers(bytes[...])) ?? []).contains { $0.key == "call" }
    }

    /// Reads what ``stored`` wrote.
    public init(stored bytes: [UInt8]) throws(JobDefinition.Fault) {
        do throws(JSONFault) {
            let parts = try StoredParts(bytes)
            func json(_ key: String) throws(JSONFault) -> String {
                String(decoding: try parts.value(key), as: UTF8.self)
            }
            key = try parts.text("key")
            name = try parts.text("name")
            needs = try parts.texts("needs")
            file = CallReference(name: try parts.text("call"))
            with = try json("with")
            matrix = try json("matrix")
            strategy = try json("strategy")
            permissions = TokenPermissions(stored: try parts.text("permissions"))
            mayIdentify = try json("id_token") == "true"
            switch try SecretGrant(stored: try ExpressionValue(json: try json("secrets"))) {
            case .all: secrets = .inherit
            case .these(let items): secrets = .these(items)
            }
            frame = try parts.optionalValue("frame").map { (bytes) throws(JSONFault) in try CallFrame(stored: bytes) }
        } catch {
            throw JobDefinition.Fault(description: "the call of a workflow cannot be read: \(error.message)")
        }
    }
}

extension JobPlaceholder {
    /// Nil when a newer server wrote it.
    public init?(stored bytes: [UInt8]) {
        do {
            self =
                WorkflowCall.isStored(in: bytes)
                ? .call(try WorkflowCall(stored: bytes)) : .legs(try DeferredJob(stored: bytes))
        } catch {
            return nil
        }
    }
}
