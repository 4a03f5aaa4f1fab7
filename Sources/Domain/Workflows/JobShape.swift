/// The shapes of what only the runner uses: a mistake in them is told when the file is pushed (workflows.md 8, 16).
extension DiagnosticList {
    /// `env`, `defaults` of a workflow or a job, and a job's `container` and `services`.
    mutating func checkShapes(of node: YAMLNode, isJob: Bool) {
        checkEnv(node["env"]?.value)
        checkDefaults(node["defaults"]?.value)
        guard isJob else { return }
        checkContainer(node["container"], name: "container", keys: containerKeys)
        guard let services = node["services"]?.value, !services.isNull, !services.isExpression else { return }
        guard let pairs = services.pairs else {
            return type(services, of: "services", expected: "a mapping of services")
        }
        for pair in pairs { checkContainer(pair, name: "service", keys: serviceKeys) }
    }

    /// A mapping of scalars, or an expression that gives one.
    private mutating func checkEnv(_ node: YAMLNode?) {
        guard let node, !node.isNull, !node.isExpression else { return }
        guard let pairs = node.pairs else { return type(node, of: "env", expected: "a mapping of variables") }
        for pair in pairs where pair.value.scalar == nil && !hasExpression(pair.key) {
            type(pair.value, of: pair.key, expected: "a string, a number or a boolean")
        }
    }

    private mutating func checkDefaults(_ node: YAMLNode?) {
        guard let node, !node.isNull else { return }
        guard let pairs = node.pairs else { return type(node, of: "defaults", expected: "a mapping") }
        for pair in pairs where pair.key != "run" { unknownKey(pair, in: "\"defaults\"", known: ["run"]) }
        guard let run = node["run"]?.value, !run.isNull, !run.isExpression else { return }
        guard let settings = run.pairs else { return type(run, of: "run", expected: "a mapping") }
        let known = ["shell", "working-directory"]
        for pair in settings where !known.contains(pair.key) { unknownKey(pair, in: "\"defaults.run\"", known: known) }
    }

    /// An image, or a mapping with one. An empty image is none: the job runs without the container (runner's words).
    private mutating func checkContainer(_ pair: YAMLPair?, name: String, keys: [String]) {
        guard let pair, !pair.value.isNull, pair.value.scalar == nil else { return }
        guard let pairs = pair.value.pairs else {
            return type(pair.value, of: pair.key, expected: "an image or a mapping")
        }
        for key in pairs where !keys.contains(key.key) {
            unknownKey(key, in: "\(name) \"\(pair.key)\"", known: keys)
        }
        if let image = pair.value["image"]?.value {
            if image.scalar == nil { type(image, of: "image", expected: "a string") }
        } else {
            error("missing-key", "\(name) \"\(pair.key)\" has no \"image\"", at: pair.value.position)
        }
        checkEnv(pair.value["env"]?.value)
        checkCredentials(pair.value["credentials"]?.value)
        for key in ["ports", "volumes"] {
            guard let value = pair.value[key]?.value, !value.isNull, !value.isExpression else { continue }
            if value.items == nil { type(value, of: key, expected: "a sequence of strings") }
        }
    }

    private mutating func checkCredentials(_ node: YAMLNode?) {
        guard let node, !node.isNull, !node.isExpression else { return }
        guard let pairs = node.pairs else { return type(node, of: "credentials", expected: "a mapping") }
        let known = ["username", "password"]
        for pair in pairs where !known.contains(pair.key) { unknownKey(pair, in: "\"credentials\"", known: known) }
    }
}

let containerKeys = ["image", "credentials", "env", "ports", "volumes", "options"]
let serviceKeys = containerKeys + ["entrypoint", "cmd"]

extension YAMLNode {
    /// A scalar with an expression, which may give anything.
    var isExpression: Bool { scalar.map { hasExpression($0.text) } ?? false }
}

// MARK: steps

extension DiagnosticList {
    /// What a step's keys say of each other, and whether its id is its own.
    ///
    /// - Parameter ids: of the steps before it, folded, with their places.
    mutating func checkStep(_ step: YAMLNode, _ ids: inout [[UInt8]: Position]) {
        if let run = step["run"], let uses = step["uses"], !run.value.isNull, !uses.value.isNull {
            error("unexpected-key", "step has both \"run\" and \"uses\"; it can do one of them", at: uses.position)
        }
        let ofRun = step["run"] != nil
        for key in ofRun ? ["with"] : ["shell", "working-directory"] {
            guard let pair = step[key], step["run"] != nil || step["uses"] != nil else { continue }
            warning(
                "unexpected-key", "\"\(key)\" does nothing in a step with \"\(ofRun ? "run" : "uses")\"",
                at: pair.position)
        }
        checkEnv(step["env"]?.value)
        if let with = step["with"]?.value, !with.isNull, !with.isExpression {
            if let pairs = with.pairs {
                for pair in pairs where pair.value.scalar == nil {
                    type(pair.value, of: pair.key, expected: "a string, a number or a boolean")
                }
            } else {
                type(with, of: "with", expected: "a mapping of inputs")
            }
        }
        if let id = step["id"]?.value, let scalar = id.scalar, scalar.value != .null {
            checkStepID(scalarText(scalar), at: id.position, &ids)
        }
        if let uses = step["uses"]?.value, let scalar = uses.scalar, scalar.value != .null {
            checkUses(scalar.text, at: uses.position)
        }
    }

    private mutating func checkStepID(_ id: String, at position: Position, _ ids: inout [[UInt8]: Position]) {
        if let reason = faultOfID(id) { error("step-id", "step id \"\(quoted(id))\" \(reason)", at: position) }
        let folded = foldedBytes(id)
        if let first = ids[folded] {
            error(
                "step-id", "step id \"\(quoted(id))\" is used twice, first at \(first.line):\(first.column)",
                at: position)
        } else {
            ids[folded] = position
        }
    }

    /// `./path`, `docker://image`, an absolute address, or `owner/repository[/path]@ref`.
    private mutating func checkUses(_ text: String, at position: Position) {
        guard !hasExpression(text) else { return }
        if text.hasPrefix("./") || text.hasPrefix("../") || text == "." { return }
        if text.hasPrefix("docker://") || text.hasPrefix("http://") || text.hasPrefix("https://") { return }
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts[0].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isFormed =
            parts.count == 2 && !parts[1].isEmpty && names.count >= 2 && !names[0].isEmpty && !names[1].isEmpty
            && !names[0].contains(UInt8(ascii: ":"))
        guard !isFormed else { return }
        error(
            "uses-format",
            "\"uses\" must be ./path, docker://image, an address or owner/repository[/path]@ref, not \"\(quoted(text))\"",
            at: position)
    }
}

/// `[A-Za-z_][A-Za-z0-9_-]*`, under 100 characters; `__` is reserved (workflows.md 8). Nil when it is an id.
func faultOfID(_ id: String) -> String? {
    let bytes = Array(id.utf8)
    guard bytes.count <= WorkflowLimits.jobIDCharactersMax else {
        return "is longer than \(WorkflowLimits.jobIDCharactersMax) characters"
    }
    func isRest(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
    guard let first = bytes.first, isRest(first), !(0x30...0x39).contains(first), first != UInt8(ascii: "-"),
        bytes.allSatisfy(isRest)
    else { return "must begin with a letter or \"_\" and have only letters, digits, \"-\" and \"_\"" }
    return id.hasPrefix("__") ? "begins with \"__\", which is reserved" : nil
}
