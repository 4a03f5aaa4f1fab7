import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Webhooks in PostgreSQL")
struct WebhookStoreTests {
    private let fixture: RunFixture
    private let webhooks: WebhookStore

    init() throws {
        fixture = try RunFixture()
        webhooks = WebhookStore(database: fixture.database)
    }

    private func edit(_ events: [String], isActive: Bool = true) -> WebhookEdit {
        var edit = WebhookEdit()
        edit.url = "https://example.org"
        edit.events = events
        edit.isActive = isActive
        return edit
    }

    @Test("are made, changed, found in their repository alone, and removed")
    func life() throws {
        let id = try webhooks.reserve()
        #expect(
            try webhooks.create(
                edit(["push"]), as: id, in: RunFixture.repository, secret: [1], authorization: nil))
        let made = try #require(try webhooks.webhook(id, in: RunFixture.repository))
        #expect(made.events == ["push"] && made.hasSecret && !made.hasAuthorization && made.isActive)
        #expect(try webhooks.webhook(id, in: RepositoryID(99)) == nil)
        #expect(
            try webhooks.set(
                id, in: RunFixture.repository, to: edit(["create"], isActive: false), secret: .kept,
                authorization: .set([2])))
        #expect(try webhooks.sealed(id)?.secret == [1] && webhooks.sealed(id)?.authorization == [2])
        #expect(
            try webhooks.set(
                id, in: RunFixture.repository, to: edit(["create"]), secret: .removed, authorization: .kept))
        #expect(try webhooks.sealed(id)?.secret == nil && webhooks.sealed(id)?.authorization == [2])
        #expect(try !webhooks.remove(id, in: RepositoryID(99)) && webhooks.remove(id, in: RunFixture.repository))
        #expect(try !webhooks.set(id, in: RunFixture.repository, to: edit([]), secret: .kept, authorization: .kept))
        #expect(try webhooks.sealed(id) == nil)
    }

    @Test("have a limit, and need a repository")
    func limits() throws {
        for _ in 0..<WebhookLimits.perRepositoryMax {
            #expect(
                try webhooks.create(
                    edit(["push"]), as: webhooks.reserve(), in: RunFixture.repository, secret: nil, authorization: nil))
        }
        #expect(
            try !webhooks.create(
                edit(["push"]), as: webhooks.reserve(), in: RunFixture.repository, secret: nil, authorization: nil))
        #expect(try webhooks.count(of: RunFixture.repository) == WebhookLimits.perRepositoryMax)
        #expect(
            try !webhooks.create(
                edit(["push"]), as: webhooks.reserve(), in: RepositoryID(99), secret: nil, authorization: nil))
    }
}
