import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Postgres

@Suite("The listening connection")
struct ListenerTests {
    /// A listener on a thread of its own, and what it told.
    private final class Heard: Sendable {
        let reconnects = Atomic<Int>(0)
        let losses = Mutex<[PostgresError]>([])
        let notes = Mutex<[Postgres.Notification]>([])
        let ended = Atomic<Bool>(false)
        let listener: Listener

        init(dsn: String, channels: [String]) {
            listener = Listener(dsn: dsn, channels: channels)
            Thread { [self] in
                listener.run(
                    onReconnect: { reconnects.add(1, ordering: .relaxed) },
                    onNotification: { note in notes.withLock { $0.append(note) } },
                    onLost: { error in losses.withLock { $0.append(error) } })
                ended.store(true, ordering: .relaxed)
            }.start()
        }
        func connects(_ times: Int) -> Bool { becomesTrue { reconnects.load(ordering: .relaxed) >= times } }
        func hears(_ payload: String) -> Bool {
            becomesTrue { notes.withLock { $0.contains { $0.payload == payload } } }
        }
    }

    @Test("notifications of its channels arrive in order, when and only when their transaction commits")
    func receives() throws {
        let dsn = try PrivatePostgres.database()
        let heard = Heard(dsn: dsn, channels: ["first", "second"])
        defer { heard.listener.stop() }
        #expect(heard.connects(1))
        let database = Database(dsn: dsn, size: 1)
        try database.transaction { tx in
            try tx.notify("first", "1")
            try tx.notify("third", "not listened to")
            try tx.notify("second", "Grüße ' \\")
        }
        _ = try? database.transaction { tx in
            try tx.notify("first", "rolled back")
            throw CancellationError()
        }
        try database.transaction { try $0.notify("first", "last") }
        #expect(heard.hears("last"))
        #expect(
            heard.notes.withLock { $0 } == [
                Notification(channel: "first", payload: "1"), Notification(channel: "second", payload: "Grüße ' \\"),
                Notification(channel: "first", payload: "last"),
            ])
        #expect(heard.losses.withLock { $0.isEmpty })
    }

    @Test("when its backend is ended it says so, connects again, says that too, and hears")
    func reconnects() throws {
        let dsn = try PrivatePostgres.database()
        let heard = Heard(dsn: dsn, channels: ["first"])
        defer { heard.listener.stop() }
        for round in 1...3 {
            #expect(heard.connects(round))
            try Database(dsn: dsn, size: 1).transaction { try $0.notify("first", "round \(round)") }
            #expect(heard.hears("round \(round)"))
            try endOtherBackends(of: dsn)
        }
        #expect(heard.connects(4))
        let losses = heard.losses.withLock { $0 }
        #expect(losses.count == 3)
        #expect(losses.allSatisfy { $0.isUnavailable })
    }

    @Test("while PostgreSQL cannot be reached it goes on trying; stop ends it")
    func unreachable() throws {
        let heard = Heard(dsn: "host=/tmp/nowhere-\(getpid())", channels: ["first"])
        #expect(becomesTrue { heard.losses.withLock { $0.count >= 2 } })
        #expect(heard.reconnects.load(ordering: .relaxed) == 0)
        heard.listener.stop()
        #expect(becomesTrue { heard.ended.load(ordering: .relaxed) })
    }

    @Test("stop ends a listener to whom nobody speaks")
    func stops() throws {
        let heard = Heard(dsn: try PrivatePostgres.database(), channels: ["first"])
        #expect(heard.connects(1))
        heard.listener.stop()
        #expect(becomesTrue { heard.ended.load(ordering: .relaxed) })
    }

    @Test("A3: a note that takes longer to act on than a connection may be silent loses none")
    func slowNotes() throws {
        let dsn = try PrivatePostgres.database()
        let losses = Atomic<Int>(0)
        let connected = Atomic<Bool>(false)
        let heard = Atomic<Int>(0)
        let listener = Listener(
            dsn: dsn, channels: ["first"], beatMilliseconds: 3_000_000, silenceMilliseconds: 3_000)
        defer { listener.stop() }
        Thread {
            listener.run(
                onReconnect: { connected.store(true, ordering: .relaxed) },
                onNotification: { note in
                    // No beat is under way meanwhile, so all this time nothing of our own can be heard.
                    if note.payload == "slow" { usleep(4_000_000) }
                    heard.add(1, ordering: .relaxed)
                },
                onLost: { _ in losses.add(1, ordering: .relaxed) })
        }.start()
        #expect(becomesTrue { connected.load(ordering: .relaxed) })
        let database = Database(dsn: dsn, size: 1)
        try database.transaction { try $0.notify("first", "slow") }
        try database.transaction { try $0.notify("first", "next") }
        #expect(becomesTrue { heard.load(ordering: .relaxed) == 2 })
        #expect(losses.load(ordering: .relaxed) == 0)
    }
}
