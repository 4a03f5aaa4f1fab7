import Testing

@testable import Domain

@Suite("Which jobs of a run need which")
struct RunGraphTests {
    static func graph(_ jobs: [(key: String, needs: [String])]) -> (graph: RunGraph, steps: Int) {
        var steps = 0
        let snapshots = jobs.enumerated().map {
            NeedsTests.leg(Int64($0.offset + 1), $0.element.key, needs: $0.element.needs, .blocked)
        }
        return (RunGraph(snapshots, steps: &steps), steps)
    }
    /// Keys of all that a job needs, directly or through others.
    static func ancestors(of key: String, in graph: RunGraph) -> [String] {
        guard let index = graph.index(of: key) else { return [] }
        return graph.nodes.indices.filter { graph.nodes[index].ancestors.contains($0) }.map { graph.nodes[$0].key }
            .sorted()
    }

    @Test("in whatever order they are written, each stands behind all that it needs")
    func order() {
        let (graph, _) = Self.graph([("d", ["b", "c", "b"]), ("c", ["a"]), ("b", ["a"]), ("a", [])])
        let places = Dictionary(uniqueKeysWithValues: graph.order.enumerated().map { (graph.nodes[$1].key, $0) })
        for (key, need) in [("d", "b"), ("d", "c"), ("c", "a"), ("b", "a")] {
            #expect((places[need] ?? .max) < (places[key] ?? .min))
        }
        #expect(Self.ancestors(of: "d", in: graph) == ["a", "b", "c"])
        #expect(Self.ancestors(of: "c", in: graph) == ["a"])
        #expect(Self.ancestors(of: "a", in: graph) == [])
    }

    @Test("legs of a matrix are one node, and a name that none has is a node without legs")
    func nodes() {
        let (graph, _) = Self.graph([("m", ["a"]), ("a", []), ("m", ["a"]), ("x", ["gone"])])
        #expect(graph.index(of: "m").map { graph.nodes[$0].legs } == [0, 2])
        #expect(graph.index(of: "gone").map { graph.nodes[$0].legs } == [])
        #expect(Self.ancestors(of: "x", in: graph) == ["gone"])
        #expect(graph.index(of: "none") == nil)
    }

    @Test("those of a cycle, which planning refuses, are in no order, and nothing hangs")
    func cycle() {
        let (graph, _) = Self.graph([("a", ["b"]), ("b", ["a"]), ("c", [])])
        #expect(graph.order.map { graph.nodes[$0].key } == ["c"])
    }

    @Test("A14: the whole triangle of 256 jobs costs a few steps an edge", arguments: [false, true])
    func triangle(isTurned: Bool) {
        let count = 256
        let jobs = (0..<count).map { (key: "j\($0)", needs: (0..<$0).map { "j\($0)" }) }
        let (graph, steps) = Self.graph(isTurned ? jobs.reversed() : jobs)
        #expect(graph.order.count == count)
        #expect(Self.ancestors(of: "j255", in: graph).count == 255)
        #expect(steps <= 2 * count * count)
    }

    @Test("sets of small numbers")
    func sets() {
        var (one, other) = (BitSet(count: 130), BitSet(count: 130))
        for member in [0, 63, 64, 129] { one.insert(member) }
        #expect([0, 63, 64, 129].allSatisfy(one.contains) && ![1, 62, 65, 128].contains(where: one.contains))
        #expect(other.isSubset(of: one) && other.isDisjoint(with: one))
        other.insert(129)
        #expect(other.isSubset(of: one) && !one.isSubset(of: other) && !other.isDisjoint(with: one))
        other.formUnion(one)
        #expect(other == one)
    }
}
