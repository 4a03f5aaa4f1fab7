import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("What people ask about events")
struct InboxViewsTests {
    @Test("the latest of a repository, newest first, and those that were put aside")
    func latest() throws {
        let fixture = try RunFixture()
        try fixture.script(
            """
            insert into inbox (repository_id, owner_id, pusher_id, ref, before, after, state, problem, kind, event)
            values (1, 1, 1, 'refs/heads/a', '0', '1', 'read', '', 'push', null),
                   (1, 1, null, '', '', '', 'quarantined', 'no', 'schedule', '{}'),
                   (1, 1, 1, '', '', '', 'read', '', 'pull_request', '{"number": 7, "action": "opened"}');
            """)
        let inbox = InboxStore(database: fixture.database)
        #expect(
            try inbox.latest(of: RunFixture.repository).map(\.ref) == [
                "pull_request #7 opened", "schedule", "refs/heads/a",
            ])
        #expect(try inbox.latest(of: RunFixture.repository).map(\.pusher) == ["ann", "ghost", "ann"])
        #expect(try inbox.quarantined(of: RunFixture.repository).map(\.problem) == ["no"])
        #expect(try inbox.latest(of: RepositoryID(2)).isEmpty)
    }
}
