@testable import Domain
@testable import Server

/// A model of each page, with everything that a page can have, and with nothing that it can lack. Those of a capability stand
/// in its folder.
enum PageSamples {
    /// - Parameter text: what somebody wrote, by the name of the property.
    static func full(_ text: (String) -> String) -> [any PageModel] {
        frame(text) + logs(text) + runs(text) + insights(text) + runners(text) + observation(text) + repositories(text)
            + workflows(text)
            + secrets(text)
            + environments(text) + webhooks(text)
            + accounts(text)
    }
    static let empty: [any PageModel] =
        emptyFrame + emptyLogs + emptyRuns + emptyInsights + emptyRunners + emptyObservation + emptyRepositories
        + emptyWorkflows + emptySecrets + emptyEnvironments + emptyWebhooks
        + emptyAccounts

    /// Templates that others show: they have no page of their own.
    static let partials: Set<Server.Template> = [
        .layout, .logRow, .state, .stateIcon, .time, .token, .repositoryRow, .runLine, .removal, .webhookForm,
        .runGraph, .jobList, .jobLine, .bar,
    ]

    static func head(_ text: (String) -> String) -> PageHead {
        var head = PageHead(
            text("title"), caller: .anonymous, crumbs: [Crumb(name: text("crumb"), link: text("crumb link"))],
            tabs: [RepositoryTab(name: text("tab"), link: text("tab link"), isHere: true)])
        head.sections = [RepositoryTab(name: text("section"), link: text("section link"), isHere: true)]
        head.viewer = Viewer(name: text("viewer"), isAdmin: true, token: text("token"))
        return head
    }
    static let emptyHead = PageHead("", caller: .anonymous)

    static func removal(_ text: (String) -> String) -> RemovalPart {
        RemovalPart(
            action: text("removal"), token: text("removal token"), what: text("what"), name: text("its name"),
            consequence: text("consequence"), problem: text("removal problem"), back: text("back"))
    }

    static func time(_ text: (String) -> String) -> TimePart {
        var time = TimePart(Instant(microseconds: 0), now: Instant(microseconds: 0))
        time.exact = text("exact time")
        time.words = text("time")
        return time
    }

    private static func frame(_ text: (String) -> String) -> [any PageModel] {
        [
            ErrorPage(
                head: head(text), words: text("words"), advice: text("advice"),
                ways: [Crumb(name: text("way"), link: text("way link"))], requestID: text("request"))
        ]
    }
    private static let emptyFrame: [any PageModel] = [
        ErrorPage(head: emptyHead, words: "", advice: nil, ways: [], requestID: nil)
    ]
}
