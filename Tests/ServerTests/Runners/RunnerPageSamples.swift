@testable import Server

extension PageSamples {
    static func runners(_ text: (String) -> String) -> [any PageModel] {
        [
            RunnersPage(
                head: head(text), total: 11, hasNone: true,
                runners: [
                    RunnerRow(
                        id: 12, name: text("runner"), version: text("version"), status: text("status"),
                        labels: text("labels"), place: text("place"), isDisabled: true, isEphemeral: true,
                        jobs: [
                            RunnerJobLink(
                                link: text("link"), repository: text("its repository"), number: 13, name: text("job"))
                        ], why: text("why"))
                ], next: 14)
        ]
    }
    static let emptyRunners: [any PageModel] = [
        RunnersPage(head: emptyHead, total: 0, hasNone: true, runners: [], next: nil)
    ]
}
