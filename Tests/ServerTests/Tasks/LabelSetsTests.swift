import Postgres
import Testing

@testable import Server
@testable import Web

@Suite("A12: what is remembered of label sets")
struct LabelSetsTests {
    private static let linux = LabelSet(id: 3, labels: ["linux"])
    private static let both = LabelSet(id: 5, labels: ["gpu", "linux"])
    private static let late = LabelSet(id: 4, labels: ["linux", "late"])

    private func loaded() -> LabelSets {
        var sets = LabelSets()
        #expect(sets.wish(now: 0, isListening: true) == .all)
        sets.take([Self.linux, Self.both], for: .all, now: 0)
        return sets
    }

    @Test("only what is above is asked for, until a minute is over")
    func wishes() {
        var sets = loaded()
        #expect(sets.wish(now: 1, isListening: true) == .above(5))
        #expect(sets.wish(now: LabelSets.reloadMicroseconds, isListening: true) == .all)
        #expect(
            sets.wish(now: LabelSets.reloadMicroseconds, isListening: true) == .above(5), "one reads all, others go on")
        sets.failed(.all)
        #expect(sets.wish(now: LabelSets.reloadMicroseconds, isListening: true) == .all)
        #expect(sets.wish(now: 1, isListening: false) == .all, "nobody tells of what comes out of order")
    }

    @Test("a set that was committed out of order comes with its job, and outlives a reload that did not see it")
    func late() {
        var sets = loaded()
        #expect(sets.satisfied(by: ["late", "linux"]) == [3])
        #expect(sets.wish(now: LabelSets.reloadMicroseconds, isListening: true) == .all)
        sets.take([Self.late], for: .only(4), now: 1)
        #expect(sets.satisfied(by: ["late", "linux"]) == [3, 4])
        sets.take([Self.linux, Self.both], for: .all, now: 2)
        #expect(sets.satisfied(by: ["late", "linux"]) == [3, 4])
        #expect(sets.satisfied(by: ["gpu", "linux"]) == [3, 5])
    }

    @Test("a set that was removed is forgotten with the reload")
    func removed() {
        var sets = loaded()
        _ = sets.wish(now: LabelSets.reloadMicroseconds, isListening: true)
        sets.take([Self.both], for: .all, now: LabelSets.reloadMicroseconds)
        #expect(sets[3] == nil)
        #expect(sets.satisfied(by: ["linux"]) == [])
    }
}
