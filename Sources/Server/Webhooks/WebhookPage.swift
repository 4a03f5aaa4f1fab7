/// The webhooks of a repository.
struct WebhookListPage: PageModel {
    static let template = Template.webhooks

    let head: PageHead
    let rows: [WebhookRow]
    let hasNone: Bool
    let form: WebhookFormPart
}

struct WebhookRow: PartModel {
    let url: String
    let link: String
    let events: String
    let isOff: Bool
}

struct WebhookFormPart: PartModel {
    let action: String
    let token: String
    let problem: String?
    let url: String
    let isForm: Bool
    let branchFilter: String
    let isActive: Bool
    /// There is one: it is shown to nobody.
    let hasSecret: Bool
    let hasAuthorization: Bool
    let events: [WebhookEventPart]
    /// "Make it", "Save".
    let words: String
}

struct WebhookEventPart: PartModel {
    let name: String
    let isSet: Bool
}

/// One webhook with what was sent to it.
struct WebhookPage: PageModel {
    static let template = Template.webhook

    let head: PageHead
    let form: WebhookFormPart
    let remove: String
    let removal: RemovalPart?
    let test: FormPart
    let deliveries: [DeliveryRow]
    let hasNone: Bool
    /// The address of older ones.
    let next: String?
}

/// A form with a button alone.
struct FormPart: PartModel {
    let action: String
    let token: String
}

struct DeliveryRow: PartModel {
    let event: String
    let link: String
    /// As a job's, for its icon: success, failure, waiting, skipped.
    let status: String
    let words: String
    let at: TimePart
    let took: String?
}

/// One delivery: what was sent and answered.
struct DeliveryPage: PageModel {
    static let template = Template.delivery

    let head: PageHead
    let status: String
    let words: String
    let guid: String
    let event: String
    let at: TimePart
    let again: FormPart
    /// Nil: it was not sent yet.
    let payload: String?
    let response: String?
}
