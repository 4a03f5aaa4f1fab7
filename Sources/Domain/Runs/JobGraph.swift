/// A job as the picture of its run draws it.
public struct GraphJob: Equatable, Sendable {
    public let id: JobID
    public let key: String
    public let name: String
    public let needs: [String]
    /// The job that called the workflow which it is of.
    public let caller: JobID?
    public let status: Status

    public init(
        id: JobID, key: String, name: String, needs: [String] = [], caller: JobID? = nil, status: Status = .success
    ) {
        self.id = id
        self.key = key
        self.name = name
        self.needs = needs
        self.caller = caller
        self.status = status
    }
}

/// Sizes of the picture, in CSS pixels.
public enum JobGraphSize {
    public static let boxWidth = 216
    public static let boxHeight = 36
    public static let legHeight = 24
    /// Between boxes of one layer, and between layers.
    public static let rowGap = 12
    public static let layerGap = 48
    /// Around what a called workflow holds.
    public static let padding = 12
    /// The way of a line past the boxes of a layer between its ends.
    static let laneHeight = 8
    /// Boxes of a layer in one column; more stand in up to `columnsMax` columns beside each other.
    static let rowsMax = 12
    static let columnsMax = 4
    /// Lines that are drawn; beyond it the list of jobs says what needs what.
    public static let edgesMax = 1_000
    /// Calls within calls that are drawn inside each other; planning allows fewer.
    static let depthMax = 12
}

/// The picture of a run: a box for each job, the legs of a matrix folded into one, a frame for each workflow that a job called,
/// in layers by what needs what. A pure function of the jobs: same jobs, same picture.
public struct JobGraph: Equatable, Sendable {
    public struct Box: Equatable, Sendable {
        /// Indexes into the jobs: the legs of a matrix, or one job.
        public let jobs: [Int]
        public let key: String
        public let status: Status
        public fileprivate(set) var x: Int
        public fileprivate(set) var y: Int
        public let width: Int
        public let height: Int
        /// Its legs are drawn one below the other.
        public let isUnfolded: Bool
        /// It holds the jobs of a workflow that it called.
        public let isFrame: Bool
        /// Calls around it.
        public let depth: Int
    }

    /// A line from a box to one that needs it, as an SVG path.
    public struct Edge: Equatable, Sendable {
        /// Indexes into the boxes.
        public let from: Int
        public let to: Int
        public let path: String
    }

    /// Frames stand before what they hold.
    public private(set) var boxes: [Box] = []
    public private(set) var edges: [Edge] = []
    public private(set) var width = 0
    public private(set) var height = 0
    /// Some lines are left out.
    public private(set) var isEdgeless = false

    /// - Parameters:
    ///   - jobs: of one attempt, in their order.
    ///   - unfolded: the matrices to draw leg by leg, by the id of their first job.
    public init(_ jobs: [GraphJob], unfolded: Set<JobID> = []) {
        let called = Dictionary(grouping: jobs.indices.filter { jobs[$0].caller != nil }) { jobs[$0].caller }
        let known = Set(jobs.map(\.id))
        // What an unknown job called is drawn at the top.
        let top = jobs.indices.filter { jobs[$0].caller.map { !known.contains($0) } ?? true }
        var picture = Level(jobs: jobs, called: called, unfolded: unfolded).drawn(top, depth: 0)
        if picture.edges.count > JobGraphSize.edgesMax {
            picture.edges = []
            isEdgeless = true
        }
        boxes = picture.boxes
        edges = picture.edges.map { Edge(from: $0.from, to: $0.to, path: $0.path) }
        (width, height) = (picture.width, picture.height)
    }

    /// What jobs of one status there are, for a box that stands for several.
    public static func counts(_ statuses: [Status]) -> [(status: Status, count: Int)] {
        let counted = Dictionary(statuses.map { ($0, 1) }, uniquingKeysWith: +)
        let order: [Status] = [.failure, .running, .cancelling, .waiting, .blocked, .success, .cancelled, .skipped]
        return order.compactMap { status in counted[status].map { (status, $0) } }
    }
}

/// A line as the points that it passes.
private struct Line {
    let from: Int
    let to: Int
    /// Straight between points of one height, bent between others.
    let points: [(x: Int, y: Int)]

    func moved(dx: Int, dy: Int, boxes: Int) -> Line {
        Line(from: from + boxes, to: to + boxes, points: points.map { ($0.x + dx, $0.y + dy) })
    }

    var path: String {
        guard let first = points.first else { return "" }
        var text = "M\(first.x) \(first.y)"
        var here = first
        for point in points.dropFirst() {
            if here.y == point.y {
                text += "H\(point.x)"
            } else {
                let middle = (here.x + point.x) / 2
                text += "C\(middle) \(here.y) \(middle) \(point.y) \(point.x) \(point.y)"
            }
            here = point
        }
        return text
    }
}

private struct Picture {
    var boxes: [JobGraph.Box] = []
    var edges: [Line] = []
    var width = 0
    var height = 0

    /// - Returns: where its boxes begin among all.
    @discardableResult
    mutating func add(_ other: Picture, dx: Int, dy: Int) -> Int {
        let first = boxes.count
        boxes += other.boxes.map { box in
            var box = box
            box.x += dx
            box.y += dy
            return box
        }
        edges += other.edges.map { $0.moved(dx: dx, dy: dy, boxes: first) }
        return first
    }
}

/// Draws the jobs of one workflow, and in them what they called.
private struct Level {
    typealias Size = JobGraphSize

    /// A job or a matrix: its own drawing at 0, 0, and what it needs here.
    private struct Node {
        let key: String
        let jobs: [Int]
        let picture: Picture
        var needs: [Int] = []
        var layer = 0
        var at = (x: 0, y: 0)
        var right: Int { at.x + picture.width }
        /// Lines meet it beside its name.
        var middle: Int { at.y + Size.boxHeight / 2 }
    }

    /// What stands in a layer: a node, or the way of lines that pass it, all from one node.
    private enum Item {
        case node(Int)
        case lane(from: Int)
    }

    let jobs: [GraphJob]
    let called: [JobID?: [Int]]
    let unfolded: Set<JobID>

    func drawn(_ members: [Int], depth: Int) -> Picture {
        var nodes = grouped(members, depth: depth)
        guard !nodes.isEmpty else { return Picture() }
        layer(&nodes)
        let layers = ordered(nodes)
        return placed(&nodes, layers)
    }

    private func grouped(_ members: [Int], depth: Int) -> [Node] {
        var legs: [String: [Int]] = [:]
        var keys: [String] = []
        for member in members {
            if legs[jobs[member].key] == nil { keys.append(jobs[member].key) }
            legs[jobs[member].key, default: []].append(member)
        }
        let indexes = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
        return keys.map { key in
            let legs = legs[key] ?? []
            var node = Node(key: key, jobs: legs, picture: drawn(key, legs, depth: depth))
            var seen: Set<Int> = []
            for need in legs.first.map({ jobs[$0].needs }) ?? [] {
                if let index = indexes[need], need != key, seen.insert(index).inserted { node.needs.append(index) }
            }
            return node
        }
    }

    /// One box, with what its jobs called.
    private func drawn(_ key: String, _ legs: [Int], depth: Int) -> Picture {
        let inner =
            depth < Size.depthMax
            ? legs.compactMap { called[jobs[$0].id] }.map { drawn($0, depth: depth + 1) } : []
        let isUnfolded = legs.count > 1 && legs.contains { unfolded.contains(jobs[$0].id) }
        var picture = Picture()
        picture.width = Size.boxWidth
        picture.height = Size.boxHeight + (isUnfolded ? legs.count * Size.legHeight : 0)
        var top = picture.height
        for part in inner {
            picture.width = max(picture.width, part.width + 2 * Size.padding)
            picture.height = top + part.height + Size.padding
            top = picture.height
        }
        picture.boxes = [
            JobGraph.Box(
                jobs: legs, key: key, status: boxStatus(legs.map { jobs[$0].status }), x: 0, y: 0,
                width: picture.width, height: picture.height, isUnfolded: isUnfolded, isFrame: !inner.isEmpty,
                depth: depth)
        ]
        top = Size.boxHeight + (isUnfolded ? legs.count * Size.legHeight : 0)
        for part in inner {
            picture.add(part, dx: Size.padding, dy: top)
            top += part.height + Size.padding
        }
        return picture
    }

    /// Each one layer behind the last of what it needs. A cycle, which planning refuses, stays where it is.
    private func layer(_ nodes: inout [Node]) {
        var left = nodes.map(\.needs.count)
        var dependents: [[Int]] = Array(repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() { for need in node.needs { dependents[need].append(index) } }
        var ready = nodes.indices.filter { left[$0] == 0 }
        var ancestors = Array(repeating: BitSet(count: nodes.count), count: nodes.count)
        var at = 0
        while at < ready.count {
            let node = ready[at]
            at += 1
            for dependent in dependents[node] {
                nodes[dependent].layer = max(nodes[dependent].layer, nodes[node].layer + 1)
                ancestors[dependent].formUnion(ancestors[node])
                ancestors[dependent].insert(node)
                left[dependent] -= 1
                if left[dependent] == 0 { ready.append(dependent) }
            }
        }
        // A line that others stand for is not drawn.
        for index in nodes.indices {
            let needs = nodes[index].needs
            nodes[index].needs = needs.filter { need in !needs.contains { $0 != need && ancestors[$0].contains(need) } }
        }
    }

    /// What stands in each layer, each near the middle of what it needs.
    private func ordered(_ nodes: [Node]) -> [[Item]] {
        let count = (nodes.map(\.layer).max() ?? 0) + 1
        var layers: [[Item]] = Array(repeating: [], count: count)
        var last = Array(repeating: -1, count: nodes.count)
        for node in nodes { for need in node.needs { last[need] = max(last[need], node.layer) } }
        for (index, node) in nodes.enumerated() {
            layers[node.layer].append(.node(index))
            for between in (node.layer + 1)..<max(node.layer + 1, last[index]) {
                layers[between].append(.lane(from: index))
            }
        }
        var rank = nodes.indices.map(Double.init)
        for number in layers.indices {
            let items = layers[number].map { item -> (item: Item, weight: Double) in
                switch item {
                case .node(let index):
                    let needs = nodes[index].needs
                    guard !needs.isEmpty else { return (item, rank[index]) }
                    return (item, needs.reduce(0) { $0 + rank[$1] } / Double(needs.count))
                case .lane(let from): return (item, rank[from])
                }
            }
            // Stable: jobs stand as they are written unless what they need says otherwise.
            let sorted = items.enumerated().sorted { ($0.element.weight, $0.offset) < ($1.element.weight, $1.offset) }
            layers[number] = sorted.map(\.element.item)
            for (place, item) in layers[number].enumerated() {
                if case .node(let index) = item { rank[index] = Double(place) }
            }
        }
        return layers
    }

    private func placed(_ nodes: inout [Node], _ layers: [[Item]]) -> Picture {
        var picture = Picture()
        // The lanes of each layer by the node that they come from, and the layer's left and right.
        var lanes: [[Int: Int]] = []
        var sides: [(left: Int, right: Int)] = []
        var left = 0
        for layer in layers {
            let placed = place(layer, left: left, &nodes)
            lanes.append(placed.lanes)
            sides.append((left, placed.right))
            picture.height = max(picture.height, placed.height)
            left = placed.right + Size.layerGap
        }
        picture.width = left - Size.layerGap
        var first = Array(repeating: 0, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            first[index] = picture.add(node.picture, dx: node.at.x, dy: node.at.y)
        }
        for (index, node) in nodes.enumerated() {
            for need in node.needs where nodes[need].layer < node.layer {
                var points = [(x: nodes[need].right, y: nodes[need].middle)]
                if sides[nodes[need].layer].right > nodes[need].right {
                    points.append((x: sides[nodes[need].layer].right, y: nodes[need].middle))
                }
                for between in (nodes[need].layer + 1)..<node.layer {
                    guard let y = lanes[between][need] else { continue }
                    points += [(sides[between].left, y), (sides[between].right, y)]
                }
                points.append((sides[node.layer].left, node.middle))
                if node.at.x > sides[node.layer].left { points.append((node.at.x, node.middle)) }
                picture.edges.append(Line(from: first[need], to: first[index], points: points))
            }
        }
        return picture
    }

    private func place(
        _ layer: [Item], left: Int, _ nodes: inout [Node]
    ) -> (lanes: [Int: Int], right: Int, height: Int) {
        var lanes: [Int: Int] = [:]
        let count = layer.reduce(0) { if case .node = $1 { $0 + 1 } else { $0 } }
        let columns = count > Size.rowsMax ? min(Size.columnsMax, (count + Size.rowsMax - 1) / Size.rowsMax) : 1
        let rows = (count + columns - 1) / columns
        var (x, y, row, widest, height) = (left, 0, 0, 0, 0)
        for item in layer {
            switch item {
            case .node(let index):
                if row == rows {
                    x += widest + Size.rowGap
                    (y, row, widest) = (0, 0, 0)
                }
                nodes[index].at = (x, y)
                widest = max(widest, nodes[index].picture.width)
                y += nodes[index].picture.height + Size.rowGap
                row += 1
            case .lane(let from) where columns == 1:
                lanes[from] = y + Size.laneHeight / 2
                y += Size.laneHeight + Size.rowGap
            // Behind the boxes: a lane through several columns would tear them apart.
            case .lane(let from): lanes[from] = y
            }
            height = max(height, y - Size.rowGap)
        }
        return (lanes, x + max(widest, count == 0 ? Size.boxWidth : widest), height)
    }
}

/// The status of a box: of several jobs what asks for attention first, so that a failed leg is seen while others run.
private func boxStatus(_ statuses: [Status]) -> Status {
    statuses.count == 1 ? statuses[0] : JobGraph.counts(statuses).first?.status ?? .skipped
}
