@testable import Domain
@testable import Server

extension PageSamples {
    static func runs(_ text: (String) -> String) -> [any PageModel] {
        let rows = RunRowsPart(
            address: text("rows"), repository: 20, total: text("total"),
            runs: [true, false].map { isBranch in
                RunRow(
                    link: text("link"), number: 10, status: text("status"), title: text("run"),
                    workflow: text("workflow"), branch: text("branch"), branchLink: isBranch ? text("to branch") : nil,
                    sha: text("sha"), event: text("event"), actor: text("actor"), createdAt: time(text),
                    took: text("took"), why: text("why"))
            }, newest: text("newest"), older: text("older"))
        let list = RunListPart(
            address: text("address"), workflows: [Crumb(name: text("file"), link: text("to file"))],
            chips: [RunChip(name: text("chip"), link: text("to chip"), count: text("count"), isHere: true)],
            selects: [
                FilterSelect(
                    name: text("select"), label: text("label"),
                    options: [FilterOption(value: text("value"), words: text("words"), isChosen: true)])
            ],
            inputs: [
                FilterInput(
                    name: text("input"), label: text("its label"), value: text("typed"),
                    known: [FilterValue(value: text("known"))])
            ], reset: text("reset"), nothing: text("nothing"), rows: rows)
        return [
            run(text),
            RunListPage(
                head: head(text),
                putAside: [
                    PutAsidePush(
                        ref: text("pushed ref"), sha: text("pushed sha"), pushedAt: text("pushed at"),
                        reason: text("reason"))
                ], lesson: RunLesson(path: text("path"), workflow: text("example"), commands: text("commands")),
                list: list),
            RunRowsPage(rows: rows),
            WorkflowFilePage(
                head: head(text), sha: text("sha"), problems: text("problems"), gone: text("gone"),
                stored: text("stored"), hasLines: true,
                lines: [
                    SourceLine(
                        number: 1, text: text("line"),
                        remarks: [RemarkPart(kind: text("kind"), place: text("place"), words: text("words"))])
                ]),
        ]
    }

    private static func run(_ text: (String) -> String) -> RunPage {
        func artifact(_ name: String, isExpired: Bool) -> ArtifactRow {
            ArtifactRow(
                name: text(name), link: isExpired ? "" : text("artifact"), size: text("size"), isExpired: isExpired,
                expires: text("expires"), digest: text("digest"))
        }
        var page = RunPage(
            head: head(text), id: 21, address: text("address"), title: text("title"), number: 9, status: text("status"),
            branch: text("branch"), branchLink: text("to branch"), sha: text("sha"), subject: text("subject"),
            event: text("event"), actor: text("actor"), workflow: text("workflow"), workflowLink: text("to workflow"),
            problem: text("problem"), warnings: text("warnings"))
        page.createdAt = time(text)
        (page.took, page.waited, page.estimate) = (text("took"), text("waited"), text("estimate"))
        page.attempts = AttemptsPart(
            words: text("attempts"), links: [Crumb(name: text("attempt"), link: text("to attempt"))])
        page.buttons = [
            RunButton(
                action: text("action"), token: text("token"), jobs: text("which"), words: text("button"), isDanger: true
            )
        ]
        page.failure = FailurePart(
            job: text("failing job"), step: text("failing step"), link: text("to failing"),
            lines: [ExcerptLine(number: 4, link: text("to line"), text: text("said"), mark: text("mark"))])
        page.waits = [WaitPart(jobs: text("waiting"), why: text("because"))]
        page.gates = [true, false].map { needsReview in
            GatePart(
                name: text("gate"), needsReview: needsReview, mayReview: true, reviewers: text("reviewers"),
                approve: text("approve"),
                reject: text("reject"), token: text("gate token"))
        }
        page.graph = graph(text)
        page.jobs = jobs(text)
        page.compared = ComparedPart(
            before: 1, after: 2,
            rows: [
                ComparedRow(
                    name: text("compared"), before: text("before"), after: text("after"), longer: text("longer"))
            ])
        page.annotations = AnnotationsPart(
            count: text("count"),
            rows: [
                AnnotationRow(
                    kind: text("kind"), place: text("place"), title: text("its title"), words: text("words"),
                    job: text("its job"), link: text("to row"))
            ])
        page.artifacts = ArtifactsPart(rows: [artifact("kept", isExpired: false), artifact("gone", isExpired: true)])
        page.summaries = SummariesPart(
            parts: [true, false].map { isPlain in
                RunSummaryPart(
                    id: text("summary id"), name: text("summary"), isOpen: true,
                    html: SanitisedHTML(text: text("content")), isPlain: isPlain, isCut: true, link: text("all"))
            })
        page.replaced = [ReplacedRow(from: text("replaced action"), to: text("replacing action"))]
        return page
    }

    private static func graph(_ text: (String) -> String) -> GraphPart {
        GraphPart(
            width: 1, height: 2, isEdgeless: true, edges: [GraphEdgePart(path: text("path"))],
            boxes: [
                GraphBoxPart(
                    link: text("box link"), status: text("box status"), kind: text("box kind"), label: text("label"),
                    x: 1,
                    y: 2, width: 3, height: 4, iconX: 5, iconY: 6, textX: 7, textY: 8, endX: 9, name: text("box"),
                    time: text("box time"),
                    legs: [
                        GraphLegPart(
                            link: text("leg link"), status: text("leg status"), label: text("leg label"), iconX: 1,
                            iconY: 2,
                            textX: 3, textY: 4, name: text("leg"))
                    ])
            ])
    }

    private static func jobs(_ text: (String) -> String) -> JobListPart {
        let bar = BarPart(waitX: 1, waitWidth: 2, runX: 3, runWidth: 4, words: text("bar"), status: text("bar status"))
        return JobListPart(
            ticks: [TickPart(x: text("tick"), words: text("tick words"))],
            groups: [
                JobGroupPart(
                    summary: GroupSummaryPart(
                        id: text("group id"), isOpen: true, status: text("group status"), name: text("group"),
                        counts: text("counts")),
                    lines: [
                        JobLine(
                            id: 5, link: text("job link"), status: text("job status"), name: text("job"),
                            times: text("times"), bar: bar, why: text("why"), problem: text("job problem"),
                            steps: StepsPart(
                                id: text("steps id"), words: text("steps"),
                                lines: [
                                    StepLine(
                                        status: text("step status"), name: text("step"), times: text("step times"),
                                        bar: bar)
                                ]))
                    ])
            ])
    }

    static let emptyRun = RunPage(
        head: emptyHead, id: 1, address: "", title: "", number: 1, status: "", branch: "", branchLink: nil, sha: "",
        subject: nil, event: "", actor: "", workflow: "", workflowLink: "", problem: nil, warnings: nil)

    static let emptyRuns: [any PageModel] = [
        emptyRun,
        RunListPage(head: emptyHead, putAside: [], lesson: nil, list: nil),
        RunRowsPage(rows: RunRowsPart(address: "", repository: 1, total: nil, runs: [], newest: nil, older: nil)),
        WorkflowFilePage(
            head: emptyHead, sha: "", problems: nil, gone: nil, stored: nil, hasLines: false, lines: []),
    ]
}
