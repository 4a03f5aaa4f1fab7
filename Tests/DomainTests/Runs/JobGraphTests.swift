import Testing

@testable import Domain

@Suite("The picture of a run")
struct JobGraphTests {
    typealias Size = JobGraphSize

    private static func job(
        _ id: Int64, _ key: String, needs: [String] = [], caller: Int64? = nil, _ status: Status = .success
    ) -> GraphJob {
        GraphJob(
            id: JobID(id), key: key, name: "\(key) \(id)", needs: needs, caller: caller.map(JobID.init), status: status)
    }

    private static func layers(_ graph: JobGraph) -> [String: Int] {
        let lefts = Set(graph.boxes.map(\.x)).sorted()
        return Dictionary(
            graph.boxes.map { ($0.key, lefts.firstIndex(of: $0.x) ?? -1) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(
        "layers by needs",
        arguments: [
            ([], [:]),
            ([job(1, "a")], ["a": 0]),
            ([job(1, "a"), job(2, "b")], ["a": 0, "b": 0]),
            ([job(1, "a"), job(2, "b", needs: ["a"]), job(3, "c", needs: ["a", "b"])], ["a": 0, "b": 1, "c": 2]),
            // Written before what it needs.
            ([job(1, "c", needs: ["a"]), job(2, "a")], ["a": 0, "c": 1]),
            // A need that nobody has, itself, and a cycle: drawn, not looped over.
            ([job(1, "a", needs: ["gone", "a"])], ["a": 0]),
            ([job(1, "a", needs: ["b"]), job(2, "b", needs: ["a"])], ["a": 0, "b": 0]),
        ] as [([GraphJob], [String: Int])])
    func layer(jobs: [GraphJob], expected: [String: Int]) {
        #expect(Self.layers(JobGraph(jobs)) == expected)
    }

    @Test("draws no line that others stand for")
    func reduced() {
        let graph = JobGraph([
            Self.job(1, "a"), Self.job(2, "b", needs: ["a"]), Self.job(3, "c", needs: ["a", "b"]),
        ])
        #expect(graph.edges.map { "\($0.from)>\($0.to)" } == ["0>1", "1>2"])
        #expect(graph.edges[0].path == "M216 18H264")
    }

    @Test("a line past a layer keeps clear of its boxes")
    func lane() {
        let graph = JobGraph([
            Self.job(1, "a"), Self.job(2, "b"), Self.job(3, "m", needs: ["b"]), Self.job(4, "z", needs: ["a", "m"]),
        ])
        let line = graph.edges.first { graph.boxes[$0.from].key == "a" }
        // Bends into the lane above "m", runs straight past it, and bends to "z".
        #expect(line?.path == "M216 18C240 18 240 4 264 4H480C504 4 504 18 528 18")
        let middle = graph.boxes.first { $0.key == "m" }
        #expect(middle?.y == Size.laneHeight + Size.rowGap)
    }

    @Test("folds the legs of a matrix into one box, and unfolds one that is asked for")
    func matrix() {
        let jobs =
            (1...5).map { Self.job($0, "test", $0 == 2 ? .failure : .success) } + [Self.job(9, "z", needs: ["test"])]
        let folded = JobGraph(jobs)
        #expect(folded.boxes.map(\.jobs) == [[0, 1, 2, 3, 4], [5]])
        #expect(folded.boxes[0].status == .failure)
        #expect(folded.boxes[0].height == Size.boxHeight)
        #expect(folded.edges.count == 1)
        let open = JobGraph(jobs, unfolded: [JobID(1)])
        #expect(open.boxes[0].isUnfolded)
        #expect(open.boxes[0].height == Size.boxHeight + 5 * Size.legHeight)
        #expect(!JobGraph(jobs, unfolded: [JobID(9)]).boxes[1].isUnfolded)
    }

    @Test("draws a called workflow as a frame around its jobs")
    func calls() {
        let graph = JobGraph([
            Self.job(1, "call"), Self.job(2, "x", caller: 1), Self.job(3, "y", needs: ["x"], caller: 1),
            Self.job(4, "deep", caller: 3), Self.job(5, "after", needs: ["call"]),
            // Whose caller is not there.
            Self.job(6, "orphan", caller: 77),
        ])
        let boxes = Dictionary(uniqueKeysWithValues: graph.boxes.map { ($0.key, $0) })
        func holds(_ outer: String, _ inner: String) -> Bool {
            guard let outer = boxes[outer], let inner = boxes[inner] else { return false }
            return outer.x < inner.x && outer.y < inner.y && inner.x + inner.width < outer.x + outer.width
                && inner.y + inner.height < outer.y + outer.height && inner.depth == outer.depth + 1
        }
        #expect(holds("call", "x") && holds("call", "y") && holds("y", "deep"))
        #expect(boxes["call"]?.isFrame == true && boxes["x"]?.isFrame == false)
        #expect((boxes["after"]?.x ?? 0) > (boxes["call"].map { $0.x + $0.width } ?? .max))
        #expect(boxes["orphan"]?.depth == 0)
        #expect(
            graph.edges.map { "\(graph.boxes[$0.from].key)>\(graph.boxes[$0.to].key)" }.sorted() == [
                "call>after", "x>y",
            ])
    }

    @Test("of any jobs: no two boxes of one depth overlap, all are in the picture", arguments: [1, 40, 300])
    func disjoint(count: Int) {
        var jobs: [GraphJob] = []
        for number in 0..<count {
            let needs = [number / 2, number / 3, number - 7].filter { $0 > 0 && $0 < number }.map { "j\($0)" }
            jobs.append(Self.job(Int64(number + 1), "j\(number)", needs: number % 3 == 0 ? [] : needs))
        }
        let graph = JobGraph(jobs)
        #expect(graph.boxes.count == count)
        for (index, box) in graph.boxes.enumerated() {
            #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= graph.width && box.y + box.height <= graph.height)
            for other in graph.boxes[(index + 1)...] {
                let isApart =
                    box.x + box.width <= other.x || other.x + other.width <= box.x
                    || box.y + box.height <= other.y || other.y + other.height <= box.y
                #expect(isApart, "\(box.key) \(other.key)")
            }
        }
    }

    @Test("of hundreds of jobs beside each other is no tower, and of too many lines has none")
    func wide() {
        let jobs = (1...300).map { Self.job(Int64($0), "j\($0)") }
        #expect(Set(JobGraph(jobs).boxes.map(\.x)).count == Size.columnsMax)
        let second = (301...360).map { Self.job(Int64($0), "k\($0)", needs: jobs.map(\.key)) }
        let graph = JobGraph(jobs + second)
        #expect(graph.isEdgeless && graph.edges.isEmpty)
        #expect(graph.boxes.count == 360)
    }

    @Test("counts what asks for attention first")
    func counts() {
        let counts = JobGraph.counts([.success, .failure, .success, .running, .skipped])
        #expect(counts.map(\.status) == [.failure, .running, .success, .skipped])
        #expect(counts.map(\.count) == [1, 1, 2, 1])
    }
}
