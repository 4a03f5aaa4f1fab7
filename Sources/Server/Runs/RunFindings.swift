import Domain
import Postgres
import Web

/// What a run left behind: the end of a failing log, annotations, artifacts, summaries, and how it compares with the attempt before.
extension RunReading {
    /// Rows of a failing step that are looked at for its error, from its end, and rows shown before it.
    private static let searchedRows: Int64 = 200
    private static let rowsBefore = 10
    private static let excerptBytesMax = 256 * 1024

    /// The last error of the first job that failed; without a word of an error, the last line.
    func failure() throws -> FailurePart? {
        guard [.failure, .running, .cancelling, .waiting, .blocked].contains(run.status),
            let job = jobs.first(where: { $0.status == .failure && !$0.continuesOnError && $0.task != nil }),
            let task = job.task, var reader = try LogReader(task, app), reader.log.file?.expiredAt == nil
        else { return nil }
        let slices = sliceLog(
            steps: (steps[task] ?? []).map {
                LogStep(name: $0.name, status: $0.status, index: $0.logIndex, length: $0.logLength)
            }, rows: reader.log.rows, task: job.status)
        guard let slice = slices.first(where: { $0.status == .failure && !$0.rows.isEmpty }) ?? slices.last else {
            return nil
        }
        let first = max(slice.rows.lowerBound, slice.rows.upperBound - Self.searchedRows)
        var bytes: [UInt8] = []
        do {
            try reader.read(first..<slice.rows.upperBound) { lines in
                bytes += lines
                if bytes.count > 2 * Self.excerptBytesMax {
                    bytes = Array(trailingLines(bytes[...], bytesMax: Self.excerptBytesMax))
                }
                return true
            }
        } catch is LogReadProblem {
            // Removed a moment ago; the page of the job says so.
            return nil
        }
        let firstRow = slice.rows.upperBound - lineCount(bytes)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        let views = lines.map { LogView(line: $0) }
        guard
            let at = views.lastIndex(where: { $0.kind == .error }) ?? views.lastIndex(where: { !$0.text.isEmpty })
        else { return nil }
        let link = link(job.id)
        return FailurePart(
            job: harmlessField(job.name), step: harmlessField(slice.name), link: link,
            lines: (max(0, at - Self.rowsBefore)...at).map { index in
                let number = firstRow + Int64(index) + 1
                return ExcerptLine(
                    number: number, link: "\(link)#L\(number)", text: harmless(views[index].text),
                    mark: index == at ? "said" : "")
            })
    }

    func annotations() throws -> AnnotationsPart? {
        let tasks = jobs.compactMap(\.task)
        let all = try app.annotations.annotations(of: tasks, most: Int64(AnnotationLimits.pageMax * 5))
        guard !all.isEmpty else { return nil }
        var found: [(placed: PlacedAnnotation, job: JobView)] = []
        for job in jobs {
            guard let task = job.task, let placed = all[task] else { continue }
            let rows = (steps[task] ?? []).map { step in
                let start = max(0, step.logIndex)
                return start..<max(start, start.addingReportingOverflow(max(0, step.logLength)).partialValue)
            }
            found += shownAnnotations(placed, steps: rows).map { ($0, job) }
        }
        // Errors of all jobs first; what is alike stays in the order of the jobs.
        let sorted = found.enumerated().sorted {
            ($0.element.placed.annotation.kind.rawValue, $0.offset) < (
                $1.element.placed.annotation.kind.rawValue, $1.offset
            )
        }
        let shown = sorted.prefix(AnnotationLimits.pageMax).map { pair in row(pair.element.placed, pair.element.job) }
        return AnnotationsPart(
            count: shown.count < found.count ? "\(shown.count) of \(found.count)" : "\(found.count)", rows: Array(shown)
        )
    }

    private func row(_ placed: PlacedAnnotation, _ job: JobView) -> AnnotationRow {
        let annotation = placed.annotation
        let line = annotation.line > 0 ? ":\(annotation.line)" : ""
        return AnnotationRow(
            kind: annotation.kind.word, place: annotation.file.isEmpty ? nil : harmlessField(annotation.file) + line,
            title: annotation.title.shown.map(harmlessField), words: harmless(annotation.message),
            job: harmlessField(job.name), link: "\(link(job.id))#L\(placed.row + 1)")
    }

    func artifacts() throws -> ArtifactsPart? {
        let all = try app.artifactViews.page(
            of: place.id, run: run.id, name: nil, ListPart(limit: Int64(PageLimits.rowsMax))
        ).artifacts
        guard !all.isEmpty else { return nil }
        return ArtifactsPart(
            rows: all.map { artifact in
                ArtifactRow(
                    name: harmlessField(artifact.name), link: "\(address)/artifacts/\(artifact.id)",
                    size: sizeWords(artifact.bytes), isExpired: artifact.state != .uploaded,
                    expires: clockText(artifact.expiresAt), digest: artifact.digest ?? "")
            })
    }

    // MARK: summaries

    func summaries() throws -> SummariesPart? {
        let summarized = try app.summaries.summarized(among: jobs.compactMap(\.task))
        guard !summarized.isEmpty else { return nil }
        let deadline = Clock.monotonicMicroseconds() + SummaryShape.pageMilliseconds * 1000
        var budget = JobSummaryLimits.pageBytesMax
        var parts: [RunSummaryPart] = []
        for job in jobs {
            guard let task = job.task, summarized.contains(task), budget > 0 else { continue }
            for summary in try app.summaries.summaries(of: task, bytesMax: budget) {
                let text = Array(summary.content.prefix(budget))
                budget -= text.count
                // Reading Markdown may cost more than its bytes: when the time is over, the rest is text.
                let isInTime = Clock.monotonicMicroseconds() < deadline
                let html = isInTime ? SanitisedHTML(markdown: text, headingsBelow: 2) : nil
                let lines = SummaryShape.lineCount(text)
                let step = summary.step.isEmpty ? "" : ", \(harmlessField(summary.step))"
                parts.append(
                    RunSummaryPart(
                        id: "summary-\(job.id)_\(summary.place.number)",
                        name: "\(harmlessField(job.name))\(step) (\(lines) \(lines == 1 ? "line" : "lines"))",
                        isOpen: lines <= SummaryShape.foldedLines,
                        html: html ?? SanitisedHTML(text: harmless(String(decoding: text, as: UTF8.self))),
                        isPlain: html == nil, isCut: Int64(text.count) < summary.byteCount,
                        link: "/\(place.repository.fullName)/actions/jobs/\(job.id)/summary"))
            }
        }
        return parts.isEmpty ? nil : SummariesPart(parts: parts)
    }

    // MARK: attempts

    func compared() throws -> ComparedPart? {
        guard run.attempt > 1, let before = try app.views.run(run.id, attempt: run.attempt - 1, in: place.id) else {
            return nil
        }
        func compared(_ job: JobView) -> ComparedJob {
            ComparedJob(
                name: job.name, status: job.status,
                ran: TimeSpan(startedAt: job.startedAt, stoppedAt: job.stoppedAt).ran(now: now.microseconds),
                isCarried: job.isCarried)
        }
        func words(_ job: ComparedJob?) -> String {
            guard let job else { return "none" }
            if job.isCarried { return "\(job.status), taken over" }
            return "\(job.status)" + (job.ran.map { ", \(durationWords($0))" } ?? "")
        }
        let pairs = comparedAttempts(try app.views.jobs(of: before).map(compared), jobs.map(compared))
        return ComparedPart(
            before: before.attempt, after: run.attempt,
            rows: pairs.map { pair in
                ComparedRow(
                    name: harmlessField(pair.name), before: words(pair.before), after: words(pair.after),
                    longer: pair.longer.map { ($0 < 0 ? "−" : "+") + durationWords(abs($0)) } ?? "")
            })
    }
}
