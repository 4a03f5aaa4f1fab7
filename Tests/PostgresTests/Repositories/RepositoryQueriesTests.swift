import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Lists of repositories")
struct RepositoryQueriesTests {
    private let database: Database
    private let queries: RepositoryQueries
    private static let ann = AccountID(1)
    private static let bob = AccountID(2)
    private static let eve = AccountID(3)

    init() throws {
        let dsn = try PrivatePostgres.migratedDatabase()
        try Connection(dsn: dsn).script(
            """
            insert into account (name) values ('ann'), ('bob'), ('eve');
            insert into repository (owner_id, name, is_private, description, git_bytes) values
              (1, 'zebra', false, 'stripes', 1), (1, 'secret', true, '', 2), (2, 'a_b', false, '50% off', 3), (2, 'axb', true, '', 0);
            insert into repository (owner_id, name, deleted_at) values (1, 'gone', now());
            insert into collaborator values (2, 2, 'write');
            """)
        database = Database(dsn: dsn, size: 2)
        queries = RepositoryQueries(database: database)
    }

    private func names(
        as reader: AccountID?, _ part: ListPart = ListPart(limit: 50),
        _ change: (inout RepositoryFilter) -> Void = { _ in }
    ) throws -> [String] {
        var filter = RepositoryFilter()
        filter.reader = reader
        change(&filter)
        let found = try queries.list(filter, part)
        if part == ListPart(limit: 50) { #expect(try queries.count(filter) == Int64(found.count)) }
        return found.map(\.name)
    }

    @Test("show what the reader sees, and nothing that is deleted")
    func seen() throws {
        #expect(try names(as: nil) == ["zebra", "a_b"])
        #expect(try names(as: Self.eve) == ["zebra", "a_b"])
        #expect(try names(as: Self.ann) == ["zebra", "secret", "a_b"])
        #expect(try names(as: Self.bob) == ["zebra", "secret", "a_b", "axb"])
        #expect(try names(as: Self.eve) { $0.seesAll = true } == ["zebra", "secret", "a_b", "axb"])
        #expect(try names(as: Self.bob) { $0.memberOnly = Self.bob } == ["secret", "a_b", "axb"])
        #expect(try names(as: nil) { $0.owner = Self.ann } == ["zebra"])
        #expect(try names(as: nil) { $0.memberOnly = Self.ann } == ["zebra"])
        #expect(try queries.repository(RepositoryID(2), seenBy: Self.bob)?.facts.granted == .write)
        #expect(try queries.repository(RepositoryID(5), seenBy: Self.ann) == nil)
    }

    @Test("look for a text as it is written, and in descriptions when asked")
    func text() throws {
        #expect(try names(as: Self.bob) { $0.text = "A_B" } == ["a_b"])
        #expect(try names(as: nil) { $0.text = "0% o" } == [])
        #expect(
            try names(as: nil) {
                $0.text = "0% o"
                $0.alsoInDescription = true
            } == ["a_b"])
        #expect(try names(as: Self.bob) { $0.isPrivate = true } == ["secret", "axb"])
        #expect(try names(as: Self.bob) { $0.isArchived = true } == [])
    }

    @Test("come in every order", arguments: RepositoryFilter.Order.allCases)
    func order(by: RepositoryFilter.Order) throws {
        let rising = try names(as: Self.bob) { $0.order = by }
        let falling = try names(as: Self.bob) {
            $0.order = by
            $0.isDescending = true
        }
        #expect(rising.reversed() == falling && rising.count == 4)
        if by == .alpha { #expect(rising == ["a_b", "axb", "secret", "zebra"]) }
        if by == .size { #expect(rising == ["axb", "zebra", "secret", "a_b"]) }
        #expect(try names(as: Self.bob, ListPart(limit: 2, offset: 1)) { $0.order = by } == Array(rising[1...2]))
    }

    @Test("need no scan of all repositories for those of an account, at 20 000 rows")
    func plans() throws {
        let connection = try Connection(dsn: database.dsn)
        try connection.script(
            """
            insert into account (name) select 'user' || n from generate_series(1, 2000) n;
            insert into repository (owner_id, name) select 3 + n % 2000, 'app' || n from generate_series(1, 20000) n;
            insert into collaborator select id, 1, 'read' from repository where id % 1000 = 0;
            analyze;
            """)
        var filter = RepositoryFilter()
        filter.reader = Self.ann
        filter.memberOnly = Self.ann
        #expect(try queries.count(filter) == 22)
        let explain = Statement("test_plan", "explain " + RepositoryQueries.fallback.sql)
        let plan = try connection.run(explain, RepositoryQueries.values(filter) + [.int(50), .int(0)])
            .map { $0.text(0) }.joined(separator: "\n")
        #expect(!plan.contains("Seq Scan on repository"), "\(plan)")
    }
}
