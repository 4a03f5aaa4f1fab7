import Domain
import Testing

@Suite("A log's ack (runner.md 5.1)")
struct LogAckTests {
    struct Case: Sendable {
        let name: String
        let stored: Int64
        let index: Int64
        let count: Int
        var noMore = false
        let store: Range<Int>
        let ack: Int64
        var closes = false
    }

    @Test(
        "for every row of the table",
        arguments: [
            Case(name: "new rows", stored: 0, index: 0, count: 3, store: 0..<3, ack: 3),
            Case(name: "gap", stored: 2, index: 5, count: 3, store: 0..<0, ack: 2),
            Case(
                name: "gap with no_more stays open", stored: 2, index: 5, count: 3, noMore: true, store: 0..<0, ack: 2),
            Case(name: "duplicate acks what was sent", stored: 9, index: 2, count: 3, store: 0..<0, ack: 5),
            Case(name: "overlap", stored: 4, index: 2, count: 5, store: 2..<5, ack: 7),
            Case(name: "empty, behind", stored: 7, index: 3, count: 0, store: 0..<0, ack: 3),
            Case(name: "empty, level", stored: 7, index: 7, count: 0, store: 0..<0, ack: 7),
            Case(
                name: "empty no_more closes", stored: 7, index: 7, count: 0, noMore: true, store: 0..<0, ack: 7,
                closes: true),
            Case(
                name: "rows with no_more close", stored: 7, index: 7, count: 2, noMore: true, store: 0..<2, ack: 9,
                closes: true),
        ])
    func table(row: Case) throws {
        let decision = try decideLog(
            stored: row.stored, index: row.index, count: row.count, noMore: row.noMore,
            state: .open, graceSeconds: 60)
        #expect(decision == LogDecision(store: row.store, ack: row.ack, closes: row.closes), "\(row.name)")
    }

    @Test("never exceeds what the client sent: act_runner panics when it does")
    func bound() throws {
        for stored in Int64(0)...6 {
            for index in Int64(0)...6 {
                for count in 0...6 {
                    let ack = try decideLog(
                        stored: stored, index: index, count: count, noMore: false, state: .open,
                        graceSeconds: 60
                    ).ack
                    #expect(ack <= max(index, 0) + Int64(count) || index > stored)
                    #expect(ack >= 0)
                }
            }
        }
    }

    @Test(
        "of a log that has ended: new rows within the grace, later and when sealed only what is there",
        arguments: [
            (LogState.closed(secondsAgo: 60), true), (.closed(secondsAgo: 61), false), (.sealed, false), (.open, true),
        ])
    func ended(state: LogState, takesRows: Bool) throws {
        func decision(index: Int64, count: Int, noMore: Bool) throws -> LogDecision {
            try decideLog(
                stored: 2, index: index, count: count, noMore: noMore, state: state, graceSeconds: 60)
        }
        if takesRows {
            #expect(try decision(index: 2, count: 1, noMore: true) == LogDecision(store: 0..<1, ack: 3, closes: true))
            #expect(try decision(index: 1, count: 2, noMore: false) == LogDecision(store: 1..<2, ack: 3, closes: false))
        } else {
            #expect(throws: LogRefusal.archived) { try decision(index: 2, count: 1, noMore: true) }
            #expect(throws: LogRefusal.archived) { try decision(index: 1, count: 2, noMore: false) }
        }
        // A runner that repeats itself must not be told that it failed.
        #expect(try decision(index: 0, count: 2, noMore: true) == LogDecision(store: 0..<0, ack: 2, closes: true))
        #expect(try decision(index: 2, count: 0, noMore: true) == LogDecision(store: 0..<0, ack: 2, closes: true))
        #expect(try decision(index: 1, count: 0, noMore: false) == LogDecision(store: 0..<0, ack: 1, closes: false))
        #expect(try decision(index: 5, count: 1, noMore: true) == LogDecision(store: 0..<0, ack: 2, closes: false))
    }

    @Test("refuses indexes that are not row numbers", arguments: [Int64(-1), .min, .max])
    func indexes(index: Int64) {
        #expect(throws: LogRefusal.negativeIndex(index)) {
            try decideLog(stored: 0, index: index, count: 1, noMore: false, state: .open, graceSeconds: 60)
        }
    }
}

@Suite("H2: a log that is full")
struct LogShareTests {
    static let text: LogText = {
        var text = LogText()
        for _ in 0..<4 { text.append(seconds: 1, nanoseconds: 0, content: "") }  // lines of 30 bytes
        return text
    }()

    @Test(
        "drops what does not fit, and one row says so",
        arguments: [
            (0..<4, false, 120, LogShare(keep: 0..<4, marks: false, dropped: 0)),
            (0..<4, false, 119, LogShare(keep: 0..<3, marks: true, dropped: 0)),
            (0..<4, false, 60, LogShare(keep: 0..<2, marks: true, dropped: 1)),
            (1..<4, false, 30, LogShare(keep: 1..<2, marks: true, dropped: 1)),
            (0..<4, false, 0, LogShare(keep: 0..<0, marks: true, dropped: 3)),
            (0..<4, false, -5, LogShare(keep: 0..<0, marks: true, dropped: 3)),
            (2..<4, true, 1000, LogShare(keep: 2..<2, marks: false, dropped: 2)),
            (2..<2, true, 1000, LogShare(keep: 2..<2, marks: false, dropped: 0)),
            (2..<2, false, -5, LogShare(keep: 2..<2, marks: false, dropped: 0)),
        ] as [(Range<Int>, Bool, Int64, LogShare)])
    func table(new: Range<Int>, isFull: Bool, room: Int64, share: LogShare) {
        #expect(shareOfLog(new, of: Self.text, isFull: isFull, room: room) == share)
        #expect(share.keep.count + (share.marks ? 1 : 0) + share.dropped == new.count, "every row is accounted for")
    }
}
