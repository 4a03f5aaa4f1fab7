import Domain
import Logging
import Postgres
import Synchronization
import Testing

@testable import Server

@Suite("Waking concurrency groups")
struct WakeGroupsTests {
    /// Stands for the database: fails for what is named, and keeps what was asked for.
    private final class Calls: Sendable {
        struct State {
            var failing: [Int64: String] = [:]
            var isLookFailing = false
            var woken: [Int64] = []
            var looks = 0
        }
        let state = Mutex(State())

        func wake(_ call: WakeGroups.Call) throws {
            let number =
                switch call {
                case .group(let group): group.number
                case .job(let job): -job.number
                }
            try state.withLock {
                if let code = $0.failing[number] {
                    throw PostgresError(sqlState: code, message: "no", statement: "test")
                }
                $0.woken.append(number)
            }
        }
        func look() throws -> Int {
            try state.withLock {
                $0.looks += 1
                if $0.isLookFailing { throw PostgresError(sqlState: "40001", message: "no", statement: "test") }
                return 0
            }
        }
        func takeWoken() -> Set<Int64> {
            state.withLock { state in
                defer { state.woken = [] }
                return Set(state.woken)
            }
        }
        var looks: Int { state.withLock { $0.looks } }
    }

    private let calls = Calls()
    private let groups: WakeGroups
    private static let start: Int64 = 1_000_000_000
    private static let afterPause = start + WakeGroups.pauseMicroseconds

    init() { groups = WakeGroups(log: Logger(label: "test"), wake: calls.wake, look: calls.look) }

    @Test("a notification tells of a group, or of a job that wants into one; others are of a newer server")
    func heard() throws {
        for payload in ["4", "job 7", "run 8", "job", "", "4x"] { groups.hear(payload) }
        try groups.sweep(now: Self.start)
        #expect(calls.takeWoken() == [4, -7])
    }

    @Test("one that fails stops no other, and is tried again after a pause without being heard of again")
    func failing() throws {
        for group in 1...9 { groups.hear("\(group)") }
        calls.state.withLock { $0.failing = [4: "40001"] }
        #expect(throws: PostgresError.self) { try groups.sweep(now: Self.start) }
        #expect(calls.takeWoken() == [1, 2, 3, 5, 6, 7, 8, 9])
        #expect(calls.looks == 1)
        calls.state.withLock { $0.failing = [:] }
        try groups.sweep(now: Self.afterPause - 1)
        #expect(calls.takeWoken() == [])
        try groups.sweep(now: Self.afterPause)
        #expect(calls.takeWoken() == [4])
        try groups.sweep(now: Self.afterPause)
        #expect(calls.takeWoken() == [])
    }

    @Test("while PostgreSQL is away nothing that was heard is forgotten")
    func away() throws {
        for group in 1...9 { groups.hear("\(group)") }
        calls.state.withLock { $0.failing = Dictionary(uniqueKeysWithValues: (1...9).map { ($0, "08006") }) }
        #expect(throws: PostgresError.self) { try groups.sweep(now: Self.start) }
        #expect(calls.looks == 0)
        calls.state.withLock { $0.failing = [:] }
        try groups.sweep(now: Self.afterPause)
        #expect(calls.takeWoken() == Set(1...9))
        #expect(calls.looks == 1)
    }

    @Test("a look that failed is due again, one that did not is due after its time")
    func looks() throws {
        calls.state.withLock { $0.isLookFailing = true }
        #expect(throws: PostgresError.self) { try groups.sweep(now: Self.start) }
        calls.state.withLock { $0.isLookFailing = false }
        try groups.sweep(now: Self.afterPause)
        #expect(calls.looks == 2)
        try groups.sweep(now: Self.afterPause + WakeGroups.lookMicroseconds - 1)
        #expect(calls.looks == 2)
        try groups.sweep(now: Self.afterPause + WakeGroups.lookMicroseconds)
        #expect(calls.looks == 3)
    }
}
