import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Deliveries of webhooks in PostgreSQL")
struct DeliveryStoreTests {
    private let fixture: RunFixture
    private let webhooks: WebhookStore
    private let deliveries: DeliveryStore

    init() throws {
        fixture = try RunFixture()
        webhooks = WebhookStore(database: fixture.database)
        deliveries = DeliveryStore(database: fixture.database)
    }

    private func hook(_ events: [String], isActive: Bool = true) throws -> WebhookID {
        var edit = WebhookEdit()
        edit.url = "https://example.org"
        edit.events = events
        edit.isActive = isActive
        let id = try webhooks.reserve()
        #expect(try webhooks.create(edit, as: id, in: RunFixture.repository, secret: nil, authorization: nil))
        return id
    }

    private func taken() throws -> [String] {
        var found: [String] = []
        while let next = try deliveries.take() {
            found.append("\(next.event) \(next.action)")
            try deliveries.settle(next, DeliveryOutcome(.delivered, payload: "{}", status: 200, took: 1))
        }
        return found
    }

    @Test("are written with the change of a run, for whoever hears of it")
    func told() throws {
        let (all, jobs, off, others) = (
            try hook(["workflow_run", "workflow_job"]), try hook(["workflow_job"]),
            try hook(["workflow_run"], isActive: false), try hook(["push"])
        )
        try fixture.plan([RunFixture.job("a"), RunFixture.job("b")])
        let part = ListPart(limit: 99)
        #expect(
            try deliveries.list(of: all, part).map { "\($0.event) \($0.action)" }.reversed() == [
                "workflow_run requested", "workflow_job queued", "workflow_job queued",
            ])
        #expect(try deliveries.list(of: jobs, part).count == 2)
        #expect(try deliveries.list(of: off, part).isEmpty && deliveries.list(of: others, part).isEmpty)
        #expect(try taken().count == 5)
        #expect(try deliveries.list(of: all, part).allSatisfy { $0.state == "delivered" && $0.payload == "{}" })
    }

    @Test("of one subject are sent in their order; one that waits for its next try holds those behind it")
    func order() throws {
        _ = try hook(["workflow_run", "workflow_job"])
        try fixture.plan([RunFixture.job("a")])
        let first = try #require(try deliveries.take())
        #expect(first.event == "workflow_run" && first.tries == 1)
        // Of a webhook one at a time.
        #expect(try deliveries.take() == nil)
        try deliveries.settle(first, DeliveryOutcome(.pending, pauseSeconds: 600, problem: "busy"))
        #expect(try deliveries.take() == nil)
        try fixture.script("update webhook_delivery set due_at = now() where state = 'pending'")
        let again = try #require(try deliveries.take())
        #expect(again.id == first.id && again.tries == 2 && again.guid == first.guid)
        try deliveries.settle(again, DeliveryOutcome(.failed, problem: "gone"))
        #expect(try taken() == ["workflow_job queued"])
    }

    @Test("that an instance took and did not settle are another's when the lease is over; the first cannot settle then")
    func lease() throws {
        let hook = try hook(["workflow_run"])
        try fixture.plan([RunFixture.job("a")])
        let lost = try #require(try deliveries.take(leaseSeconds: 0))
        let next = try #require(try deliveries.take())
        #expect(next.id == lost.id && next.tries == 2)
        #expect(try !deliveries.settle(lost, DeliveryOutcome(.delivered, status: 200, took: 1)))
        #expect(try deliveries.settle(next, DeliveryOutcome(.delivered, payload: "x", status: 204, took: 1)))
        let view = try #require(try deliveries.list(of: hook, ListPart(limit: 1)).first)
        #expect(view.status == 204 && view.payload == "x" && view.sentAt != nil)
    }

    @Test("are sent once more under another id; old ones are removed")
    func again() throws {
        let hook = try hook(["workflow_run"])
        try fixture.plan([RunFixture.job("a")])
        _ = try taken()
        let old = try #require(try deliveries.list(of: hook, ListPart(limit: 1)).first)
        let new = try #require(try deliveries.again(old.id, of: hook))
        #expect(try deliveries.again(old.id, of: WebhookID(999)) == nil)
        let view = try #require(try deliveries.delivery(new, of: hook))
        #expect(view.payload == old.payload && view.guid != old.guid && view.state == "pending")
        #expect(try deliveries.tell("push", payload: "{}", to: WebhookID(999)) == nil)
        try fixture.script("update webhook_delivery set created_at = now() - interval '31 days' where id = \(old.id)")
        #expect(try deliveries.removeOld(limit: 10) == 1)
        #expect(try deliveries.delivery(old.id, of: hook) == nil)
    }
}
