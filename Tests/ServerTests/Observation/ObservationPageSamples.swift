@testable import Server

extension PageSamples {
    static func observation(_ text: (String) -> String) -> [any PageModel] {
        [
            APIPage(
                head: head(text),
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
                ])
        ]
    }
    static let emptyObservation: [any PageModel] = [APIPage(head: emptyHead, parts: [])]
}
