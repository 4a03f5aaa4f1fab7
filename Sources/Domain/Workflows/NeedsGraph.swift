/// Every need must be a job of the file, and no job may wait for itself (workflows.md 8).
/// Iterative: a file may chain 256 jobs.
func checkNeeds(of jobs: [JobDraft], known: [String], _ list: inout DiagnosticList) {
    let ids = Set(known.map { Array($0.utf8) })
    for job in jobs {
        for need in job.needs where !ids.contains(Array(need.text.utf8)) {
            let hint =
                !list.hasRoomForError ? "" : nearest(need.text, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
            list.error(
                "needs-unknown", "job \"\(job.key)\" needs \"\(need.text)\", which does not exist\(hint)",
                at: need.node.position)
        }
    }
    let index = Dictionary(jobs.enumerated().map { (Array($1.key.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    let edges = jobs.map { job in
        job.needs.compactMap { need in index[Array(need.text.utf8)].map { (to: $0, position: need.node.position) } }
    }
    enum Color { case new, open, done }
    var colors = Array(repeating: Color.new, count: jobs.count)
    for start in jobs.indices where colors[start] == .new {
        var path: [(job: Int, next: Int)] = [(start, 0)]
        colors[start] = .open
        while let top = path.last {
            guard top.next < edges[top.job].count else {
                colors[top.job] = .done
                path.removeLast()
                continue
            }
            path[path.count - 1].next += 1
            let edge = edges[top.job][top.next]
            switch colors[edge.to] {
            case .done: continue
            case .new:
                colors[edge.to] = .open
                path.append((edge.to, 0))
            case .open:
                let cycle = path.drop { $0.job != edge.to }.map { jobs[$0.job].key } + [jobs[edge.to].key]
                list.error(
                    "needs-cycle", "jobs need each other: \(cycle.joined(separator: " → "))", at: edge.position)
            }
        }
    }
}
