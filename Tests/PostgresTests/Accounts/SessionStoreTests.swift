import Domain
import TestSupport
import Testing

@testable import Postgres

@Suite("Sessions")
struct SessionStoreTests {
    private let database: Database
    private let sessions: SessionStore
    private let accounts: AccountStore
    private let ann: AccountID
    private let bob: AccountID
    private let hashes = (1...6).map { Array(repeating: UInt8($0), count: 32) }
    private let password = StoredPassword(hash: [1], salt: [1])
    private let now = Instant(microseconds: 1_800_000_000_000_000)

    init() throws {
        database = Database(dsn: try PrivatePostgres.migratedDatabase(), size: 4)
        sessions = SessionStore(database: database)
        accounts = AccountStore(database: database)
        ann = try accounts.create(name: "ann", email: "", password: password).id
        bob = try accounts.create(name: "bob", email: "", password: password).id
    }

    @discardableResult
    private func begin(_ account: AccountID, _ hash: Int, password: [UInt8]? = [1], at now: Instant? = nil) throws
        -> Session?
    {
        try sessions.add(
            to: account, hash: hashes[hash], password: password, userAgent: "Browser", address: "127.0.0.1",
            now: now ?? self.now)
    }

    @Test("begin for who proved the password that the account still has")
    func begun() throws {
        let session = try #require(try begin(ann, 0))
        let known = try #require(try sessions.known(hash: hashes[0]))
        #expect(known.session == session && known.account.id == ann && known.secret == .current)
        #expect(session.times.expiresAt == SessionTimes.end(createdAt: now, seenAt: now))
        #expect(try begin(ann, 1, password: [2]) == nil)
        #expect(try begin(ann, 1, password: nil) != nil)
        #expect(try sessions.known(hash: hashes[2]) == nil)
    }

    @Test("do not begin for a disabled account")
    func disabled() throws {
        var edit = AccountEdit()
        edit.prohibitsLogin = true
        _ = try accounts.edit(ann, edit)
        #expect(try begin(ann, 0) == nil)
    }

    @Test("end with a change of the password and with the account, and with nothing else")
    func ended() throws {
        for (number, (change, ends))
            in ([
                ({ $0.fullName = "Ann" }, false), ({ $0.isActive = true }, false),
                ({ $0.mustChangePassword = true }, false),
                ({ $0.password = StoredPassword(hash: [9], salt: [9]) }, true), ({ $0.isActive = false }, true),
                ({ $0.prohibitsLogin = true }, true),
            ] as [((inout AccountEdit) -> Void, Bool)]).enumerated()
        {
            let account = try accounts.create(name: "carl\(number)", email: "", password: password).id
            let hash = Array(repeating: UInt8(50 + number), count: 32)
            _ = try sessions.add(
                to: account, hash: hash, password: [1], userAgent: "", address: "", now: now)
            try begin(bob, 1)
            var edit = AccountEdit()
            change(&edit)
            _ = try accounts.edit(account, edit)
            #expect(try (sessions.known(hash: hash) == nil) == ends, "\(edit)")
            #expect(try sessions.known(hash: hashes[1]) != nil)
            try sessions.endAll(of: bob, but: 0)
        }
    }

    @Test("a log-in with the old password that races its change leaves no session")
    func raced() throws {
        // The change holds the account's row: the log-in waits, and then finds another password.
        try database.transaction { tx in
            try tx.run(
                Statement("test_change", "update account set password_hash = '\\x09' where id = $1"), .int(ann.number))
            let other = SessionStore(database: Database(dsn: database.dsn, size: 1, answerMilliseconds: 300))
            #expect(throws: PostgresError.self) {
                _ = try other.add(
                    to: ann, hash: hashes[0], password: [1], userAgent: "", address: "", now: now)
            }
        }
        #expect(try begin(ann, 1) == nil)
    }

    @Test("give out another secret once, and take the one before it for a while")
    func renewed() throws {
        let session = try #require(try begin(ann, 0))
        let later = now.adding(seconds: SessionLimits.renewedAfterSeconds)
        #expect(try !sessions.renew(session.id, from: hashes[0], to: hashes[1], now: later.adding(seconds: -1)))
        #expect(try sessions.renew(session.id, from: hashes[0], to: hashes[1], now: later))
        // A second request at once.
        #expect(try !sessions.renew(session.id, from: hashes[0], to: hashes[2], now: later))
        #expect(try sessions.known(hash: hashes[0])?.secret == .previous)
        #expect(try sessions.known(hash: hashes[1])?.secret == .current)
        // The browser never got it.
        let grace = later.adding(seconds: SessionLimits.graceSeconds)
        #expect(try sessions.renew(session.id, from: hashes[0], to: hashes[2], now: grace))
        #expect(try sessions.known(hash: hashes[1]) == nil)
        try sessions.confirm(session.id, hash: hashes[2], now: grace)
        #expect(try sessions.known(hash: hashes[2])?.session.times.confirmedAt == grace)
        #expect(try !sessions.renew(session.id, from: hashes[0], to: hashes[3], now: grace.adding(seconds: 1000)))
    }

    @Test("are listed and ended by whose they are")
    func listed() throws {
        let first = try #require(try begin(ann, 0))
        let second = try #require(try begin(ann, 1))
        let third = try #require(try begin(ann, 2))
        let others = try #require(try begin(bob, 3))
        #expect(try sessions.sessions(of: ann, now: now).map(\.id) == [third.id, second.id, first.id])
        #expect(try !sessions.end(others.id, of: ann))
        #expect(try sessions.end(third.id, of: ann))
        try sessions.endAll(of: ann, but: first.id)
        #expect(try sessions.sessions(of: ann, now: now).map(\.id) == [first.id])
        #expect(try sessions.sessions(of: bob, now: now).count == 1)
        #expect(try sessions.sessions(of: ann, now: first.times.expiresAt).isEmpty)
    }

    @Test("beyond their number the oldest ends")
    func trimmed() throws {
        for number in 0...SessionLimits.perAccountMax {
            _ = try sessions.add(
                to: ann, hash: Array(repeating: UInt8(100 + number), count: 32), password: nil, userAgent: "",
                address: "",
                now: now)
        }
        #expect(try sessions.sessions(of: ann, now: now).count == Int(SessionLimits.perAccountMax))
        #expect(try sessions.known(hash: Array(repeating: 100, count: 32)) == nil)
        #expect(try sessions.known(hash: Array(repeating: 101, count: 32)) != nil)
    }

    @Test("that have expired are swept; being seen keeps a session")
    func swept() throws {
        let past = Instant(microseconds: 1_700_000_000_000_000)
        try begin(ann, 0, at: past)
        let seen = try #require(try begin(ann, 1))
        try sessions.markSeen([seen.id])
        // Its life is longer than its idleness: the row says when it was seen.
        let after = try #require(try sessions.known(hash: hashes[1])).session
        #expect(after.seenAt != seen.seenAt && after.times.expiresAt != seen.times.expiresAt)
        #expect(try sessions.sweep() == 1)
        #expect(try sessions.known(hash: hashes[0]) == nil)
    }
}
