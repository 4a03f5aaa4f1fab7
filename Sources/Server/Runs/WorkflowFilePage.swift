import Domain
import Postgres
import Web

/// The workflow's file at the commit of a run, with what its reader says of it.
struct WorkflowFilePage: PageModel {
    static let template = Template.workflowFile

    let head: PageHead
    let sha: String
    /// How many remarks there are.
    let problems: String?
    /// Why there is no file to show.
    let gone: String?
    /// What was said when the run was planned.
    let stored: String?
    let hasLines: Bool
    let lines: [SourceLine]

    /// Lines that are shown; a workflow of 512 KiB may have half a million.
    static let linesMax = 10_000

    static let all: [Endpoint] = [
        Endpoint(
            .get, "/{owner}/{repo}/actions/runs/{run}/workflow", .repository(.read), answers: [.page, .failure(404)],
            "Show the workflow file of a run with its diagnostics.", show)
    ]

    @Sendable private static func show(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        guard let run = try app.views.run(request.id("run"), in: place.id) else {
            throw Failure(.missing, "run \(request.path["run"] ?? "") does not exist")
        }
        let view = GitView(place, request, app)
        // A ref of the repository's own cannot be a commit id of 40 digits with a colon behind it.
        let file = try? view.git.object("\(run.sha):\(run.workflowPath)", bytesMax: WorkflowLimits.fileBytesMax)
        let base = "/\(place.repository.fullName)/actions"
        let head = place.head(
            harmlessField(run.workflowPath), tab: .actions,
            under: [
                Crumb(name: "Actions", link: base), Crumb(name: "#\(run.number)", link: "\(base)/runs/\(run.id)"),
            ])
        let sha = String(run.sha.prefix(10))
        let stored = [run.problem, run.warnings].filter { !$0.isEmpty }.joined(separator: "\n")
        guard let file, let bytes = file.bytes, file.type == "blob" else {
            let gone =
                file?.size ?? 0 > WorkflowLimits.fileBytesMax
                ? "The file has \(sizeWords(Int64(file?.size ?? 0))), which is more than a workflow may have."
                : "The commit is not in the repository any more, or has no such file."
            return try WorkflowFilePage(
                head: head, sha: sha, problems: nil, gone: gone, stored: stored.shown.map(harmless), hasLines: false,
                lines: []
            ).response()
        }
        let diagnostics = readWorkflow(bytes, path: run.workflowPath).diagnostics
        let lines = SourceLine.lines(of: bytes, diagnostics)
        return try WorkflowFilePage(
            head: head, sha: sha, problems: problemWords(diagnostics), gone: nil,
            // What only planning knew: the reader does not say it here.
            stored: diagnostics.isEmpty ? stored.shown.map(harmless) : nil, hasLines: true, lines: lines
        ).response()
    }

    private static func problemWords(_ all: [Diagnostic]) -> String? {
        let errors = all.count { $0.severity == .error }
        let warnings = all.count - errors
        let words = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        return words.isEmpty ? nil : words.joined(separator: " and ")
    }
}

struct SourceLine: PartModel {
    let number: Int
    let text: String
    let remarks: [RemarkPart]

    static func lines(of bytes: [UInt8], _ diagnostics: [Diagnostic]) -> [SourceLine] {
        let remarks = Dictionary(grouping: diagnostics) { $0.line }
        var texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if texts.last?.isEmpty == true { texts.removeLast() }
        return texts.prefix(WorkflowFilePage.linesMax).enumerated().map { index, text in
            SourceLine(
                number: index + 1, text: harmless(String(decoding: text, as: UTF8.self)),
                // One that stands behind the last line is said at it.
                remarks: (remarks[index + 1] ?? []).map(RemarkPart.init)
                    + (index == texts.count - 1
                        ? diagnostics.filter { $0.line > texts.count || $0.line < 1 }.map(RemarkPart.init) : []))
        }
    }
}

struct RemarkPart: PartModel {
    /// The class of its box.
    let kind: String
    let place: String
    let words: String

    init(kind: String, place: String, words: String) {
        (self.kind, self.place, self.words) = (kind, place, words)
    }

    init(_ remark: Diagnostic) {
        self.init(
            kind: remark.severity == .error ? "problem" : "warning",
            place: "\(remark.severity.rawValue) in column \(remark.column): ",
            words: harmless("\(remark.message) [\(remark.code)]"))
    }
}
