import Domain

/// A delivery as it is shown.
public struct DeliveryView: Sendable {
    public let id: DeliveryID
    public let webhook: WebhookID
    /// What the receiver knows it by, in every try.
    public let guid: String
    public let event: String
    public let action: String
    /// `pending`, `delivered`, `failed` or `left_out`.
    public let state: String
    public let tries: Int64
    /// Of the last answer (HTTP); nil without one.
    public let status: Int64?
    public let response: String
    public let problem: String
    /// Nil before the first try.
    public let payload: String?
    /// Microseconds since 1970; `took` of the last try.
    public let createdAt: Int64
    public let sentAt: Int64?
    public let dueAt: Int64
    public let took: Int64?

    package init(
        id: DeliveryID, webhook: WebhookID, guid: String, event: String, action: String, state: String, tries: Int64,
        status: Int64?, response: String, problem: String, payload: String?, createdAt: Int64, sentAt: Int64?,
        dueAt: Int64, took: Int64?
    ) {
        self.id = id
        self.webhook = webhook
        self.guid = guid
        self.event = event
        self.action = action
        self.state = state
        self.tries = tries
        self.status = status
        self.response = response
        self.problem = problem
        self.payload = payload
        self.createdAt = createdAt
        self.sentAt = sentAt
        self.dueAt = dueAt
        self.took = took
    }
}

/// A delivery that this instance is to send now.
public struct TakenDelivery: Sendable {
    public let id: DeliveryID
    public let webhook: WebhookID
    public let repository: RepositoryID
    public let guid: String
    public let event: String
    public let action: String
    /// JSON: what the trigger wrote (migration 0120).
    public let told: String
    /// Made at an earlier try.
    public let payload: String?
    /// This one included.
    public let tries: Int64
}

/// How a try of a delivery ended.
public struct DeliveryOutcome: Sendable {
    public enum State: String, Sendable {
        case pending, delivered, failed
        /// The webhook does not want it: its branch is another.
        case leftOut = "left_out"
    }
    public let state: State
    /// Of the next try.
    public let pauseSeconds: Int64
    public let payload: String?
    public let status: Int64?
    public let response: String
    public let problem: String
    public let took: Int64?

    public init(
        _ state: State, pauseSeconds: Int64 = 0, payload: String? = nil, status: Int64? = nil, response: String = "",
        problem: String = "", took: Int64? = nil
    ) {
        self.state = state
        self.pauseSeconds = pauseSeconds
        self.payload = payload
        self.status = status
        self.response = response
        self.problem = problem
        self.took = took
    }
}

/// Writes `webhook_delivery`; rows are made by triggers (migration 0120), by a test and by a redelivery.
public struct DeliveryStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        """
        d.id, d.webhook_id, d.guid::text, d.event, d.action, d.state, d.tries, d.status, d.response, d.problem, d.payload,
        d.created_at, d.sent_at, d.due_at, d.took
        """
    static let list = Statement(
        "delivery_list",
        "select \(columns) from webhook_delivery d where d.webhook_id = $1 order by d.id desc limit $2 offset $3")
    private static let byID = Statement(
        "delivery_by_id", "select \(columns) from webhook_delivery d where d.webhook_id = $1 and d.id = $2")
    /// Of the webhooks that are not being sent to the one whose delivery waited longest, and none before an earlier one of its
    /// subject: a receiver that hangs keeps its own deliveries waiting alone. What an instance took and did not settle is due
    /// again when its lease is over; of two that take the same at once the second finds it no longer due.
    static let take = Statement(
        "delivery_take",
        """
        update webhook_delivery d
           set tries = d.tries + 1, due_at = now() + make_interval(secs => $1::bigint),
               lease_until = now() + make_interval(secs => $1::bigint)
          from (select c.id, w.repository_id from webhook w cross join lateral (
                    select n.id, n.due_at from webhook_delivery n
                     where n.webhook_id = w.id and n.state = 'pending' and n.due_at <= now()
                       and not exists (select 1 from webhook_delivery e where e.webhook_id = n.webhook_id
                                          and e.subject = n.subject and e.state = 'pending' and e.id < n.id)
                     order by n.due_at, n.id limit 1) c
                 where exists (select 1 from webhook_delivery a where a.state = 'pending' and a.due_at <= now())
                   and (w.paused_until is null or w.paused_until <= now())
                   and not exists (select 1 from webhook_delivery b where b.webhook_id = w.id and b.lease_until > now())
                 order by c.due_at, c.id limit 1) next
         where d.id = next.id and d.state = 'pending' and d.due_at <= now()
        returning d.id, d.webhook_id, next.repository_id, d.guid::text, d.event, d.action, d.told::text, d.payload, d.tries
        """)
    private static let settle = Statement(
        "delivery_settle",
        """
        update webhook_delivery
           set state = $3, due_at = now() + make_interval(secs => $4::bigint), lease_until = null,
               payload = coalesce(payload, $5), status = $6, response = $7, problem = $8, took = $9,
               sent_at = case when $9::bigint is null then sent_at else now() end
         where id = $1 and tries = $2 and state = 'pending' returning id
        """)
    private static let tell = Statement(
        "delivery_tell",
        """
        insert into webhook_delivery (webhook_id, event, subject, told, payload)
        select id, $2, 'test', '{}'::jsonb, $3 from webhook where id = $1 returning id
        """)
    private static let again = Statement(
        "delivery_again",
        """
        insert into webhook_delivery (webhook_id, event, action, subject, told, payload)
        select webhook_id, event, action, 'redelivery of ' || id, told, payload from webhook_delivery
         where webhook_id = $1 and id = $2 returning id
        """)
    private static let removeOld = Statement(
        "delivery_remove_old",
        """
        delete from webhook_delivery where id = any (array(
            select id from webhook_delivery where created_at < now() - make_interval(days => $1::int)
             order by created_at limit $2)) returning id
        """)

    public func list(of webhook: WebhookID, _ part: ListPart) throws -> [DeliveryView] {
        try database.read(Self.list, .int(webhook.number), .int(part.limit), .int(part.offset)).map(Self.view)
    }
    public func delivery(_ id: DeliveryID, of webhook: WebhookID) throws -> DeliveryView? {
        try database.read(Self.byID, .int(webhook.number), .int(id.number)).first.map(Self.view)
    }

    /// - Returns: nil when nothing is due.
    public func take(leaseSeconds: Int64 = WebhookLimits.leaseSeconds) throws -> TakenDelivery? {
        try database.write(Self.take, .int(leaseSeconds)).first.map { row in
            let (id, webhook, repository, guid, event, action, told, payload, tries) = try row.decode(
                (DeliveryID, WebhookID, RepositoryID, String, String, String, String, String?, Int64).self)
            return TakenDelivery(
                id: id, webhook: webhook, repository: repository, guid: guid, event: event, action: action, told: told,
                payload: payload, tries: tries)
        }
    }

    /// - Returns: false when another instance has taken it meanwhile.
    @discardableResult
    public func settle(_ delivery: TakenDelivery, _ outcome: DeliveryOutcome) throws -> Bool {
        try !database.write(
            Self.settle, .int(delivery.id.number), .int(delivery.tries), .text(outcome.state.rawValue),
            .int(outcome.pauseSeconds), .optional(outcome.payload), .optional(outcome.status), .text(outcome.response),
            .text(outcome.problem), .optional(outcome.took)
        ).isEmpty
    }

    /// A delivery that somebody asked for, to try the webhook.
    public func tell(_ event: String, payload: String, to webhook: WebhookID) throws -> DeliveryID? {
        try database.write(Self.tell, .int(webhook.number), .text(event), .text(payload)).first.map { try $0.value(0) }
    }

    /// The same once more, with an id of its own.
    public func again(_ id: DeliveryID, of webhook: WebhookID) throws -> DeliveryID? {
        try database.write(Self.again, .int(webhook.number), .int(id.number)).first.map { try $0.value(0) }
    }

    /// - Returns: how many were removed, at most `limit`.
    public func removeOld(limit: Int64) throws -> Int {
        try database.write(Self.removeOld, .int(WebhookLimits.keptDays), .int(limit)).count
    }

    private static func view(_ row: Row) throws -> DeliveryView {
        let (id, webhook, guid, event, action, state, tries, status, response) = try row.decode(
            (DeliveryID, WebhookID, String, String, String, String, Int64, Int64?, String).self)
        let (problem, payload, createdAt, sentAt, dueAt, took) = try row.decode(
            (String, String?, Instant, Instant?, Instant, Int64?).self, from: 9)
        return DeliveryView(
            id: id, webhook: webhook, guid: guid, event: event, action: action, state: state, tries: tries,
            status: status, response: response, problem: problem, payload: payload,
            createdAt: createdAt.microseconds, sentAt: sentAt?.microseconds, dueAt: dueAt.microseconds, took: took)
    }
}
