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
    /// Of `files`, so that it is read once for all calls.
    private(set) var interfaces: [String: CallInterface] = [:]
    private var wanted: [CallReference] = []
    private var seen: Set<CallReference> = []
    private var bytes = 0
    private var steps = PlanningLimits.pushStepsMax
    /// Faults of the files that were looked through.
    private var faults: [String: [Diagnostic]] = [:]
    /// Which files a file calls, each once in order, by its name; of a workflow at the top by its path, which no name is.
    private var calls: [String: [CallReference]] = [:]
    /// How many jobs' `uses` were taken apart: those of each file once, however many ask about it.
    private(set) var usesRead = 0
    private var chains: [String: CallChain] = [:]
    /// Names of files whose chains are to be followed when all of them are read, in order.
    private var unfollowed: [String] = []

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
        unfollowed.append(reference.name)
        defer { if wanted.isEmpty { followChains() } }
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
            interfaces[reference.name] = file.interface
            texts[reference.name] = found
            want(file, reference: reference)
        }
    }

    private mutating func want(_ file: WorkflowFile, reference: CallReference?) {
        var own: Set<CallReference> = []
        var called: [CallReference] = []
        for call in file.calls {
            usesRead += 1
            guard let found = try? CallReference(uses: call.uses, in: reference, base: base),
                own.insert(found).inserted
            else { continue }
            called.append(found)
        }
        calls[reference?.name ?? file.path] = called
        for found in called where seen.insert(found).inserted {
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
        var open = calls[top.path] ?? []
        while let next = open.popLast() {
            if found.insert(next.name).inserted { open += calls[next.name] ?? [] }
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
        switch chains[reference.name] {
        case nil: return nil
        case .cycle(let way)?: return "calls itself: " + way.map { "\"\($0)\"" }.joined(separator: " -> ")
        case .levels(let below)?:
            let levels = 1 + below  // the workflow at the top is one
            guard levels > CallLimits.levelsMax else { return nil }
            return
                "is \(levels) levels of workflows, the one at the top included; at most \(CallLimits.levelsMax) are allowed"
        }
    }

    /// What files that were read call is read too, so what is found of them stays true when another workflow wants more.
    private mutating func followChains() {
        for name in unfollowed where chains[name] == nil { follow(from: name) }
        unfollowed = []
    }

    /// Each file is walked once: chains may branch at every level. No recursion, since chains may be long.
    private mutating func follow(from start: String) {
        var way: [(name: String, next: Int, chain: CallChain)] = [(start, 0, .levels(1))]
        var places = [start: 0]
        while let last = way.last {
            let called = calls[last.name] ?? []
            guard last.next < called.count else {
                way.removeLast()
                places[last.name] = nil
                chains[last.name] = last.chain
                if !way.isEmpty { way[way.count - 1].chain.add(last.chain) }
                continue
            }
            let name = called[last.next].name
            way[way.count - 1].next += 1
            if let known = chains[name] {
                way[way.count - 1].chain.add(known)
            } else if let place = places[name] {
                way[way.count - 1].chain.add(.cycle(way[place...].map(\.name) + [name]))
            } else {
                places[name] = way.count
                way.append((name, 0, .levels(1)))
            }
        }
    }
}

/// The calls that begin at a file.
private enum CallChain {
    /// How many files the longest has, this one included.
    case levels(Int)
    /// One of them comes back to a file.
    case cycle([String])

    /// - Parameter called: of a file that this one calls.
    mutating func add(_ called: CallChain) {
        switch (self, called) {
        case (.cycle, _): break
        case (.levels, .cycle): self = called
        case (.levels(let known), .levels(let below)): self = .levels(max(known, below + 1))
        }
    }
}
