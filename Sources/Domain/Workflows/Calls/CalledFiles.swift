/// The files that the workflows of one event call, directly or through others, as far as they are read (workflows.md 13).
/// Each is read, parsed and looked through once, however many call it.
public struct CalledFiles: Sendable {
    /// What reading one of them gave.
    public enum Answer: Sendable {
        case bytes([UInt8])
        /// Why there is none, in words that follow its name.
        case missing(String)
    }

    let base: String
    /// By the names of the references.
    private(set) var files: [String: WorkflowFile] = [:]
    private(set) var missing: [String: String] = [:]
    private var texts: [String: [UInt8]] = [:]
    private var wanted: [CallReference] = []
    private var seen: Set<CallReference> = []
    private var bytes = 0
    private var steps = PlanningLimits.pushStepsMax
    /// Faults of the files that were looked through.
    private var faults: [String: [Diagnostic]] = [:]

    /// - Parameter base: this server's address.
    init(base: String) { self.base = base }

    /// What may be spent on the next file; each has enough for one of some 50 KB whatever the others took.
    private var stepsOfNextFile: Int { max(PlanningLimits.fileStepsSure, min(CallLimits.fileStepsMax, steps)) }

    /// The workflow of a run calls some.
    mutating func want(by top: WorkflowFile) { want(top, reference: nil) }

    /// The next file to be read; nil when all are.
    mutating func next() -> CallReference? { wanted.first }

    mutating func take(_ answer: Answer) {
        guard !wanted.isEmpty else { return }
        let reference = wanted.removeFirst()
        switch answer {
        case .missing(let why): missing[reference.name] = why
        case .bytes(let found):
            bytes += found.count
            guard bytes <= CallLimits.filesBytesMax else {
                missing[reference.name] =
                    "makes the called files larger than \(CallLimits.filesBytesMax) bytes together"
                return
            }
            let file = WorkflowFile(found, path: reference.name, steps: stepsOfNextFile)
            steps -= file.parsingSteps
            files[reference.name] = file
            texts[reference.name] = found
            want(file, reference: reference)
        }
    }

    private mutating func want(_ file: WorkflowFile, reference: CallReference?) {
        for call in file.calls {
            guard let found = try? CallReference(uses: call.uses, in: reference, base: base),
                seen.insert(found).inserted
            else { continue }
            if seen.count > CallLimits.eventFilesMax {
                missing[found.name] =
                    "is one file too many: an event's workflows call at most \(CallLimits.eventFilesMax)"
            } else {
                wanted.append(found)
            }
        }
    }

    /// Names of the files that a workflow calls, directly or through others, in order.
    private func names(calledBy top: WorkflowFile) -> [String] {
        var found: Set<String> = []
        var open: [(file: WorkflowFile, reference: CallReference?)] = [(top, nil)]
        while let (file, reference) = open.popLast() {
            for call in file.calls {
                guard let next = try? CallReference(uses: call.uses, in: reference, base: base),
                    found.insert(next.name).inserted
                else { continue }
                if let file = files[next.name] { open.append((file, next)) }
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// What a run of the workflow keeps of them, for when its calls start.
    func kept(for top: WorkflowFile) -> [PlannedRun.CalledFile] {
        names(calledBy: top).compactMap { name in texts[name].map { PlannedRun.CalledFile(name: name, text: $0) } }
    }

    // MARK: what is wrong

    /// Faults of the files that a workflow calls, for its author.
    mutating func faults(for top: WorkflowFile) -> [Diagnostic] {
        let names = names(calledBy: top)
        guard names.count <= CallLimits.filesMax else {
            let words =
                "the workflow calls \(names.count) files, directly or through others; at most \(CallLimits.filesMax) are allowed"
            return [
                Diagnostic(
                    severity: .error, path: top.path, line: 1, column: 1, code: "call-file", message: words)
            ]
        }
        return Array(names.flatMap { look(through: $0) }.prefix(WorkflowLimits.errorsMax))
    }

    private mutating func look(through name: String) -> [Diagnostic] {
        if let known = faults[name] { return known }
        guard let file = files[name] else { return [] }
        var contexts = PlanContexts.unknown
        contexts.called = self
        contexts.place = CallReference(name: name)
        let reading = file.reading(contexts)
        steps -= max(0, reading.steps - file.parsingSteps)
        let found = reading.diagnostics.filter { $0.severity == .error }
        faults[name] = found
        return found
    }

    /// Why the call chains that begin at a file cannot be: they come back to a file, or are too long. Nil when all is well.
    func fault(from reference: CallReference) -> String? {
        var way: [String] = []
        var heights: [String: Int] = [:]
        var cycle: [String]?
        // Each file is walked once: chains may branch at every level.
        func height(_ reference: CallReference) -> Int {
            if let known = heights[reference.name] { return known }
            if let start = way.firstIndex(of: reference.name) {
                cycle = cycle ?? way[start...] + [reference.name]
            }
            guard cycle == nil, way.count <= CallLimits.filesMax else { return 0 }
            way.append(reference.name)
            var below = 0
            for call in files[reference.name]?.calls ?? [] {
                guard let next = try? CallReference(uses: call.uses, in: reference, base: base) else { continue }
                below = max(below, height(next))
            }
            way.removeLast()
            heights[reference.name] = below + 1
            return below + 1
        }
        let levels = 1 + height(reference)  // the workflow at the top is one
        if let cycle { return "calls itself: " + cycle.map { "\"\($0)\"" }.joined(separator: " -> ") }
        guard levels > CallLimits.levelsMax else { return nil }
        return
            "is \(levels) levels of workflows, the one at the top included; at most \(CallLimits.levelsMax) are allowed"
    }
}
