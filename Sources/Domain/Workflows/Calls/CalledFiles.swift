/// The files that a workflow calls, directly or through others, as far as they are read (workflows.md 13).
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

    /// - Parameters:
    ///   - top: the workflow of the run.
    ///   - base: this server's address.
    init(of top: WorkflowFile, base: String) {
        self.base = base
        want(top, reference: nil)
    }

    /// The next file to be read; nil when all are.
    mutating func next() -> CallReference? { wanted.first }

    mutating func take(_ answer: Answer, steps: Int) {
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
            let file = WorkflowFile(found, path: reference.name, steps: steps)
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
            if seen.count > CallLimits.filesMax {
                missing[found.name] = "is one file too many: a run calls at most \(CallLimits.filesMax)"
            } else {
                wanted.append(found)
            }
        }
    }

    /// Steps that parsing took.
    var parsingSteps: Int { files.values.reduce(0) { $0 + $1.parsingSteps } }

    /// What a run keeps of them, for when its calls start.
    var kept: [PlannedRun.CalledFile] {
        texts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            PlannedRun.CalledFile(name: $0.key, text: $0.value)
        }
    }

    // MARK: what is wrong

    /// Faults inside of the called files, for the author of the caller: each file is looked at once.
    func diagnostics() -> [Diagnostic] {
        var found: [Diagnostic] = []
        for name in files.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let file = files[name] else { continue }
            var contexts = PlanContexts.unknown
            contexts.called = self
            contexts.place = CallReference(name: name)
            found += file.reading(contexts).diagnostics.filter { $0.severity == .error }
        }
        return Array(found.prefix(WorkflowLimits.errorsMax))
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
