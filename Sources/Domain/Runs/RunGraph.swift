/// A set of small numbers, one bit each.
struct BitSet: Equatable, Sendable {
    private var words: [UInt64]

    /// - Parameter count: every member is below it.
    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    mutating func insert(_ member: Int) { words[member / 64] |= 1 << UInt64(member % 64) }
    func contains(_ member: Int) -> Bool { words[member / 64] & 1 << UInt64(member % 64) != 0 }
    mutating func formUnion(_ other: BitSet) { for index in words.indices { words[index] |= other.words[index] } }
    func isSubset(of other: BitSet) -> Bool { words.indices.allSatisfy { words[$0] & ~other.words[$0] == 0 } }
    func isDisjoint(with other: BitSet) -> Bool { words.indices.allSatisfy { words[$0] & other.words[$0] == 0 } }
}

/// Which jobs need which, made once per decision: a workflow of 256 jobs that each need all before them has 32 000 edges, and
/// anybody may push one.
struct RunGraph: Sendable {
    /// The legs of one matrix, or a job alone, or a name that a job needs and that none has.
    struct Node: Sendable {
        let key: String
        /// Indexes into the run's jobs, ascending.
        fileprivate(set) var legs: [Int] = []
        /// What it needs directly, as indexes into the nodes; each once, in the order in which they are written.
        fileprivate(set) var needs: [Int] = []
        /// What it needs, directly or through others.
        fileprivate(set) var ancestors: BitSet
    }

    /// A node is looked at twice: before what it called, and behind it. Between the two of one that calls nothing is none of its own.
    enum Visit: Equatable, Sendable {
        case open(Int)
        case close(Int)
    }
    /// Keys are unique among the jobs of one caller.
    private struct Name: Hashable {
        let caller: JobID?
        let key: String
    }

    private(set) var nodes: [Node] = []
    /// Each node opens behind the close of all that it needs, and closes behind the close of all that it called. Nodes of a cycle,
    /// which planning refuses, are not in it.
    private(set) var visits: [Visit] = []
    /// The nodes as they open.
    var order: [Int] { visits.compactMap { if case .open(let node) = $0 { node } else { nil } } }
    private var indexes: [Name: Int] = [:]
    /// Nodes by the job that called them.
    private var called: [JobID: [Int]] = [:]

    /// - Parameter steps: counts jobs and edges looked at.
    init(_ jobs: [JobSnapshot], steps: inout Int) {
        for (index, job) in jobs.enumerated() {
            steps += 1
            let node = self.node(Name(caller: job.caller, key: job.key))
            nodes[node].legs.append(index)
            // The legs of a matrix need the same.
            guard nodes[node].legs.count == 1 else { continue }
            var seen: Set<Int> = []
            for need in job.needs {
                steps += 1
                let other = self.node(Name(caller: job.caller, key: need))
                if seen.insert(other).inserted { nodes[node].needs.append(other) }
            }
        }
        sort(jobs, steps: &steps)
    }

    /// Of a job at the top.
    func index(of key: String) -> Int? { indexes[Name(caller: nil, key: key)] }
    func index(of job: JobSnapshot) -> Int? { indexes[Name(caller: job.caller, key: job.key)] }

    /// In the order of their jobs.
    func nodes(calledBy caller: JobID) -> [Int] { called[caller] ?? [] }

    private mutating func node(_ name: Name) -> Int {
        if let known = indexes[name] { return known }
        indexes[name] = nodes.count
        nodes.append(Node(key: name.key, ancestors: BitSet(count: 0)))
        if let caller = name.caller { called[caller, default: []].append(nodes.count - 1) }
        return nodes.count - 1
    }

    private mutating func sort(_ jobs: [JobSnapshot], steps: inout Int) {
        // What has to close before a node may close, and what waits for its close.
        var opensAfter = nodes.map(\.needs.count)
        var closesAfter = nodes.map { node in node.legs.reduce(0) { $0 + (called[jobs[$1].id]?.count ?? 0) } }
        var dependents: [[Int]] = Array(repeating: [], count: nodes.count)
        var callerNode: [Int?] = Array(repeating: nil, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            nodes[index].ancestors = BitSet(count: nodes.count)
            for need in node.needs { dependents[need].append(index) }
            for leg in node.legs { for other in called[jobs[leg].id] ?? [] { callerNode[other] = index } }
        }
        // A node opens once its caller has, and all that it needs is closed.
        var isOpen = BitSet(count: nodes.count)
        visits = nodes.indices.filter { opensAfter[$0] == 0 && callerNode[$0] == nil }.map(Visit.open)
        var at = 0
        while at < visits.count {
            let visit = visits[at]
            at += 1
            switch visit {
            case .open(let node):
                isOpen.insert(node)
                for leg in nodes[node].legs {
                    for other in called[jobs[leg].id] ?? [] where opensAfter[other] == 0 { visits.append(.open(other)) }
                }
                if closesAfter[node] == 0 { visits.append(.close(node)) }
            case .close(let node):
                for dependent in dependents[node] {
                    steps += 1
                    nodes[dependent].ancestors.formUnion(nodes[node].ancestors)
                    nodes[dependent].ancestors.insert(node)
                    opensAfter[dependent] -= 1
                    if opensAfter[dependent] == 0, callerNode[dependent].map(isOpen.contains) ?? true {
                        visits.append(.open(dependent))
                    }
                }
                if let caller = callerNode[node] {
                    closesAfter[caller] -= 1
                    if closesAfter[caller] == 0 { visits.append(.close(caller)) }
                }
            }
        }
    }
}
