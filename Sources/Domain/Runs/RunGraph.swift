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

    private(set) var nodes: [Node] = []
    /// Indexes of nodes, each behind all that it needs. Nodes of a cycle, which planning refuses, are not in it.
    private(set) var order: [Int] = []
    private var indexes: [String: Int] = [:]

    /// - Parameter steps: counts jobs and edges looked at.
    init(_ jobs: [JobSnapshot], steps: inout Int) {
        for (index, job) in jobs.enumerated() {
            steps += 1
            let node = self.node(job.key)
            nodes[node].legs.append(index)
            // The legs of a matrix need the same.
            guard nodes[node].legs.count == 1 else { continue }
            var seen: Set<Int> = []
            for need in job.needs {
                steps += 1
                let other = self.node(need)
                if seen.insert(other).inserted { nodes[node].needs.append(other) }
            }
        }
        sort(steps: &steps)
    }

    func index(of key: String) -> Int? { indexes[key] }

    private mutating func node(_ key: String) -> Int {
        if let known = indexes[key] { return known }
        indexes[key] = nodes.count
        nodes.append(Node(key: key, ancestors: BitSet(count: 0)))
        return nodes.count - 1
    }

    private mutating func sort(steps: inout Int) {
        var waitsFor = nodes.map(\.needs.count)
        var dependents: [[Int]] = Array(repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() {
            nodes[index].ancestors = BitSet(count: nodes.count)
            for need in node.needs { dependents[need].append(index) }
        }
        order = nodes.indices.filter { waitsFor[$0] == 0 }
        var at = 0
        while at < order.count {
            let done = order[at]
            at += 1
            for dependent in dependents[done] {
                steps += 1
                nodes[dependent].ancestors.formUnion(nodes[done].ancestors)
                nodes[dependent].ancestors.insert(done)
                waitsFor[dependent] -= 1
                if waitsFor[dependent] == 0 { order.append(dependent) }
            }
        }
    }
}
