@testable import Server

/// A model of each page, with everything that a page can have, and with nothing that it can lack.
enum PageSamples {
    /// - Parameter text: what somebody wrote, by the name of the property.
    static func full(_ text: (String) -> String) -> [any PageModel] {
        let head = PageHead(title: text("title"), repository: text("repository"))
        let row = LogRow(job: 1, number: 2, time: text("time"), text: text("line"), kind: text("kind"))
        let slice = SlicePart(
            name: text("slice"), status: text("slice status"), count: 3, isOpen: true, isGrowing: true, head: [row],
            gap: LogGap(from: 4, first: 5, to: 6, link: text("gap")), tail: [row])
        let job = JobPart(
            id: 7, base: text("base"), name: text("job"), status: text("job status"), problem: text("job problem"),
            why: text("job why"), next: 8, isDone: false, mark: text("mark"),
            summary: SummaryPart(
                parts: [StepSummary(step: text("step"), text: text("summary"), isCut: true)], link: text("all")),
            download: text("download"), expiredAt: text("expired at"), slices: [slice])
        func artifact(_ name: String, isExpired: Bool) -> ArtifactRow {
            ArtifactRow(
                name: text(name), link: isExpired ? "" : text("artifact"), size: text("size"), isExpired: isExpired,
                expires: text("expires"), digest: text("digest"))
        }
        return [
            job,
            RunPage(
                head: head, number: 9, workflow: text("workflow"), ref: text("ref"), sha: text("sha"),
                actor: text("actor"), status: text("status"), problem: text("problem"), warnings: text("warnings"),
                gates: [true, false].map { needsReview in
                    GatePart(
                        name: text("gate"), needsReview: needsReview, reviewers: text("reviewers"),
                        approve: text("approve"), reject: text("reject"))
                },
                hasArtifacts: true,
                artifacts: [artifact("kept", isExpired: false), artifact("gone", isExpired: true)],
                replaced: [ReplacedRow(from: text("replaced action"), to: text("replacing action"))], jobs: [job]),
            RunListPage(
                head: head,
                putAside: [
                    PutAsidePush(
                        ref: text("pushed ref"), sha: text("pushed sha"), pushedAt: text("pushed at"),
                        reason: text("reason"))
                ],
                runs: [
                    RunRow(
                        link: text("link"), number: 10, status: text("status"), name: text("run"),
                        workflow: text("workflow"), ref: text("ref"), actor: text("actor"))
                ]),
            APIPage(
                head: head,
                parts: [
                    APIPage.Part(
                        name: text("part"),
                        routes: [
                            APIPage.Route(
                                method: text("method"), path: text("path"), summary: text("sentence"),
                                access: text("access"), scope: text("scope"),
                                parameters: [APIPage.Parameter(name: text("parameter"), words: text("words"))],
                                body: text("body"),
                                answers: [APIPage.Answer(status: text("answer"), example: text("example"))])
                        ])
                ]),
            RunnersPage(
                head: head, total: 11, hasNone: true,
                runners: [
                    RunnerRow(
                        id: 12, name: text("runner"), version: text("version"), status: text("status"),
                        labels: text("labels"), place: text("place"), isDisabled: true, isEphemeral: true,
                        jobs: [
                            RunnerJobLink(
                                link: text("link"), repository: text("its repository"), number: 13, name: text("job"))
                        ], why: text("why"))
                ], next: 14),
        ]
    }

    static let job = JobPart(
        id: 1, base: "", name: "", status: "", problem: nil, why: nil, next: 0, isDone: true, mark: "")

    static let empty: [any PageModel] = [
        job,
        RunPage(
            head: PageHead(title: ""), number: 1, workflow: "", ref: "", sha: "", actor: "", status: "", problem: nil,
            warnings: nil, gates: [], hasArtifacts: false, artifacts: [], replaced: [], jobs: []),
        RunListPage(head: PageHead(title: ""), putAside: [], runs: []),
        APIPage(head: PageHead(title: ""), parts: []),
        RunnersPage(head: PageHead(title: ""), total: 0, hasNone: true, runners: [], next: nil),
    ]
}
