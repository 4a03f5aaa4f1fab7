@testable import Server

extension PageSamples {
    private static func form(_ text: (String) -> String) -> WebhookFormPart {
        WebhookFormPart(
            action: text("action"), token: text("form token"), problem: text("problem"), url: text("url"), isForm: true,
            branchFilter: text("filter"), isActive: true, hasSecret: true, hasAuthorization: true,
            events: [WebhookEventPart(name: text("told of"), isSet: true)], words: text("button"))
    }
    static func webhooks(_ text: (String) -> String) -> [any PageModel] {
        [
            WebhookListPage(
                head: head(text),
                rows: [WebhookRow(url: text("hook"), link: text("link"), events: text("events"), isOff: true)],
                hasNone: true, form: form(text)),
            WebhookPage(
                head: head(text), form: form(text), remove: text("remove"), removal: removal(text),
                test: FormPart(action: text("test"), token: text("test token")),
                deliveries: [
                    DeliveryRow(
                        event: text("event"), link: text("link"), status: text("status"), words: text("words"),
                        at: time(text), took: text("took"))
                ], hasNone: true, next: text("next")),
            DeliveryPage(
                head: head(text), status: text("status"), words: text("words"), guid: text("guid"),
                event: text("event"), at: time(text),
                again: FormPart(action: text("again"), token: text("again token")), payload: text("payload"),
                response: text("response")),
        ]
    }
    private static let emptyForm = WebhookFormPart(
        action: "", token: "", problem: nil, url: "", isForm: false, branchFilter: "", isActive: false,
        hasSecret: false, hasAuthorization: false, events: [], words: "")
    static let emptyWebhooks: [any PageModel] = [
        WebhookListPage(head: emptyHead, rows: [], hasNone: false, form: emptyForm),
        WebhookPage(
            head: emptyHead, form: emptyForm, remove: "", removal: nil, test: FormPart(action: "", token: ""),
            deliveries: [], hasNone: false, next: nil),
        DeliveryPage(
            head: emptyHead, status: "", words: "", guid: "", event: "",
            at: TimePart(.init(microseconds: 0), now: .init(microseconds: 0)),
            again: FormPart(action: "", token: ""), payload: nil, response: nil),
    ]
}
