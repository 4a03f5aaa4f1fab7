@testable import Server

extension PageSamples {
    static func runs(_ text: (String) -> String) -> [any PageModel] {
        func artifact(_ name: String, isExpired: Bool) -> ArtifactRow {
            ArtifactRow(
                name: text(name), link: isExpired ? "" : text("artifact"), size: text("size"), isExpired: isExpired,
                expires: text("expires"), digest: text("digest"))
        }
        return [
            RunPage(
                head: head(text), number: 9, workflow: text("workflow"), ref: text("ref"), sha: text("sha"),
                actor: text("actor"), status: text("status"), problem: text("problem"), warnings: text("warnings"),
                gates: [true, false].map { needsReview in
                    GatePart(
                        name: text("gate"), needsReview: needsReview, reviewers: text("reviewers"),
                        approve: text("approve"), reject: text("reject"))
                },
                hasArtifacts: true,
                artifacts: [artifact("kept", isExpired: false), artifact("gone", isExpired: true)],
                replaced: [ReplacedRow(from: text("replaced action"), to: text("replacing action"))], jobs: [job(text)]),
            RunListPage(
                head: head(text),
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
        ]
    }
    static let emptyRuns: [any PageModel] = [
        RunPage(
            head: emptyHead, number: 1, workflow: "", ref: "", sha: "", actor: "", status: "", problem: nil,
            warnings: nil, gates: [], hasArtifacts: false, artifacts: [], replaced: [], jobs: []),
        RunListPage(head: emptyHead, putAside: [], runs: []),
    ]
}
