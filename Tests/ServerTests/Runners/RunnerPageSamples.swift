@testable import Server

extension PageSamples {
    static func runners(_ text: (String) -> String) -> [any PageModel] {
        [
            RunnersPage(
                head: head(text), address: text("address"), token: text("form"), total: 11, hasNone: true,
                hasRunners: true,
                runners: [
                    RunnerRow(
                        id: 12, name: text("runner"), version: text("version"), status: text("status"),
                        labels: [RunnerLabelPart(label: text("label"))], place: text("place"),
                        address: text("row address"), token: text("row token"), seen: time(text),
                        isDisabled: true, isEphemeral: true,
                        jobs: [
                            RunnerJobLink(
                                link: text("link"), repository: text("its repository"), number: 13, name: text("job"))
                        ], why: text("why"))
                ], next: 14, isEverywhere: true,
                registration: RegistrationPart(
                    token: text("registration"),
                    commands: [RegistrationCommand(runner: text("kind"), command: text("command"))]),
                removal: RemovalPart(
                    action: text("removal"), token: text("form"), what: text("what"), name: text("name"),
                    consequence: text("consequence"), problem: text("problem"), back: text("back"))),
            QueuePage(
                head: head(text), hasNone: true, hasRows: true,
                rows: [
                    QueueRow(
                        labels: [RunnerLabelPart(label: text("label"))], waiting: text("waiting"), oldest: time(text),
                        runners: text("runners"), why: text("why"))
                ]),
        ]
    }
    static let emptyRunners: [any PageModel] = [
        RunnersPage(
            head: emptyHead, address: "", token: "", total: 0, hasNone: true, hasRunners: false, runners: [], next: nil,
            isEverywhere: false, registration: nil, removal: nil),
        QueuePage(head: emptyHead, hasNone: true, hasRows: false, rows: []),
    ]
}
