import Domain
import Postgres

/// The graph of a run's jobs, and the list of them with their times.
extension RunReading {
    /// Letters that fit a box beside its time; wide ones count twice.
    private static let nameWidth = 20
    private static let legNameWidth = 25

    func graph() -> GraphPart {
        let graph = JobGraph(
            jobs.map {
                GraphJob(
                    id: $0.id, key: $0.key, name: $0.name, needs: $0.needs, caller: $0.caller, status: $0.status)
            }, unfolded: open)
        return GraphPart(
            width: max(graph.width, 1), height: max(graph.height, 1), isEdgeless: graph.isEdgeless,
            edges: graph.edges.map { GraphEdgePart(path: $0.path) }, boxes: graph.boxes.map(part))
    }

    private func part(_ box: JobGraph.Box) -> GraphBoxPart {
        let legs = box.jobs.map { jobs[$0] }
        let isMatrix = legs.count > 1
        let first = legs[0]
        var name = harmlessField(isMatrix ? first.key : first.name)
        var time = isMatrix ? "" : duration(first)
        var link = link(first.id)
        var label = "\(name), \(first.status)" + (time.isEmpty ? "" : ", \(time)")
        if isMatrix {
            var open = open
            if box.isUnfolded { open.remove(first.id) } else { open.insert(first.id) }
            link = shown + openQuery(open) + "#graph"
            let counts = JobGraph.counts(legs.map(\.status)).map { "\($0.count) \($0.status)" }
            label = "\(name), \(legs.count) jobs: \(counts.joined(separator: ", "))"
            time = counts.prefix(2).joined(separator: ", ")
            name += " ×\(legs.count)"
        }
        let room = Self.nameWidth + max(0, 8 - time.utf8.count) - max(0, time.utf8.count - 8)
        return GraphBoxPart(
            link: link, status: "\(box.status)", kind: box.isFrame ? "frame" : "", label: label, x: box.x, y: box.y,
            width: box.width, height: box.height, iconX: box.x + 10, iconY: box.y + 10, textX: box.x + 34,
            textY: box.y + 23, endX: box.x + box.width - 10, name: fitting(name, max(8, room)), time: time,
            legs: box.isUnfolded ? legs.enumerated().map { legPart($1, number: $0, in: box) } : [])
    }

    private func legPart(_ job: JobView, number: Int, in box: JobGraph.Box) -> GraphLegPart {
        let y = box.y + JobGraphSize.boxHeight + number * JobGraphSize.legHeight
        let name = harmlessField(job.name)
        return GraphLegPart(
            link: link(job.id), status: "\(job.status)", label: "\(name), \(job.status)", iconX: box.x + 16,
            iconY: y + 2,
            textX: box.x + 40, textY: y + 15, name: fitting(name, Self.legNameWidth))
    }

    private func duration(_ job: JobView) -> String { span(job).ran(now: now.microseconds).map(durationWords) ?? "" }

    /// Of a name what fits so many narrow letters.
    private func fitting(_ name: String, _ width: Int) -> String {
        var left = width
        for index in name.indices {
            let isWide = name[index].unicodeScalars.first.map { $0.value >= 0x1100 } ?? false
            left -= isWide ? 2 : 1
            if left < 0 { return name[..<index] + "…" }
        }
        return name
    }

    // MARK: list

    func list() -> JobListPart {
        let axis = Waterfall(jobs.map(span), now: now.microseconds)
        var groups: [JobGroupPart] = []
        var lines: [JobLine] = []
        func flush() {
            if !lines.isEmpty { groups.append(JobGroupPart(summary: nil, lines: lines)) }
            lines = []
        }
        struct Name: Hashable {
            let caller: JobID?
            let key: String
        }
        let legs = Dictionary(grouping: jobs) { Name(caller: $0.caller, key: $0.key) }
        var seen: Set<Name> = []
        let names = Dictionary(jobs.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        for job in jobs {
            let name = Name(caller: job.caller, key: job.key)
            guard let members = legs[name], members.count > 3 else {
                lines.append(line(job, axis, names))
                continue
            }
            guard seen.insert(name).inserted else { continue }
            flush()
            let counts = JobGraph.counts(members.map(\.status))
            let hasFailed = members.contains { $0.status == .failure }
            groups.append(
                JobGroupPart(
                    summary: GroupSummaryPart(
                        id: "legs-\(job.id)", isOpen: hasFailed || members.count <= 8,
                        status: "\(counts.first?.status ?? job.status)", name: harmlessField(job.key),
                        counts: "\(members.count) jobs: "
                            + counts.map { "\($0.count) \($0.status)" }.joined(separator: ", ")),
                    lines: members.map { line($0, axis, names) }))
        }
        flush()
        return JobListPart(
            ticks: axis.ticks.map {
                TickPart(x: "\($0.at / 10).\($0.at % 10)%", words: durationWords($0.time))
            }, groups: groups)
    }

    private func line(_ job: JobView, _ axis: Waterfall, _ names: [JobID: String]) -> JobLine {
        let span = span(job)
        let caller = job.caller.flatMap { names[$0] }.map { $0 + " / " } ?? ""
        let name = harmlessField(job.name.utf8.starts(with: caller.utf8) ? job.name : caller + job.name)
        let isWaiting = [.waiting, .blocked].contains(job.status)
        let times =
            job.isCarried ? "taken over from an earlier attempt" : timeWords(span, isWaiting: isWaiting)
        return JobLine(
            id: job.id.number, link: link(job.id), status: "\(job.status)", name: name, times: times,
            bar: BarPart(
                axis.bar(span, now: now.microseconds), words: times.isEmpty ? "not started" : times,
                status: "\(job.status)"),
            why: isWaiting || job.status == .cancelling ? reasons[job.id].map { harmless($0.words) } : nil,
            problem: job.problem.shown.map(harmless), steps: stepsPart(job, axis))
    }

    private func timeWords(_ span: TimeSpan, isWaiting: Bool) -> String {
        let waited = span.waited(now: now.microseconds).flatMap { $0 >= 1_000_000 || isWaiting ? $0 : nil }
        let ran = span.ran(now: now.microseconds)
        return [
            waited.map { "\(isWaiting ? "waits" : "waited") \(durationWords($0))" },
            ran.map { "ran \(durationWords($0))" },
        ]
        .compactMap(\.self).joined(separator: ", ")
    }

    private func stepsPart(_ job: JobView, _ axis: Waterfall) -> StepsPart? {
        guard !job.isCarried, let all = job.task.flatMap({ steps[$0] }), !all.isEmpty else { return nil }
        let statuses = shownStatuses(ofSteps: all.map(\.status), job: job.status)
        let lines = zip(all, statuses).prefix(Self.stepsMax).map { step, status in
            let span = span(step)
            let times = span.ran(now: now.microseconds).map { "ran \(durationWords($0))" } ?? ""
            return StepLine(
                status: "\(status)", name: harmlessField(step.name), times: times,
                bar: BarPart(
                    axis.bar(span, now: now.microseconds), words: times.isEmpty ? "\(status)" : times,
                    status: "\(status)"))
        }
        let more = all.count - lines.count
        return StepsPart(
            id: "steps-\(job.id)",
            words: "\(all.count) \(all.count == 1 ? "step" : "steps")" + (more > 0 ? ", the first \(lines.count)" : ""),
            lines: lines)
    }
}
