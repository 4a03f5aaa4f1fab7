import Domain
import TestSupport
import Testing

@testable import Server

@Suite("Heartbeats that say the same again")
struct HeartbeatsTests {
    @Test("the same message of the same task is known, with the outputs of its answer")
    func repeated() {
        let beats = Heartbeats()
        let (one, other) = (Heartbeats.digest([1]), Heartbeats.digest([2]))
        #expect(one != other && one == Heartbeats.digest([1]))
        #expect(beats.repeated(TaskID(1), digest: one) == nil)
        beats.remember(TaskID(1), one, sentOutputs: ["a", "b"])
        #expect(beats.repeated(TaskID(1), digest: one) == ["a", "b"])
        #expect(beats.repeated(TaskID(1), digest: other) == nil)
        #expect(beats.repeated(TaskID(2), digest: one) == nil)
        beats.remember(TaskID(1), other, sentOutputs: [])
        #expect(beats.repeated(TaskID(1), digest: one) == nil, "the last one counts")
        #expect(beats.repeated(TaskID(1), digest: other) == [])
        beats.forget(TaskID(1))
        #expect(beats.repeated(TaskID(1), digest: other) == nil)
    }

    @Test("has an end: beyond it all are forgotten, and the newest is known")
    func bound() {
        let beats = Heartbeats()
        for number in 0..<Heartbeats.tasksMax { beats.remember(TaskID(Int64(number)), [1], sentOutputs: []) }
        #expect(beats.repeated(TaskID(0), digest: [1]) != nil)
        beats.remember(TaskID(-1), [1], sentOutputs: [])
        #expect(beats.repeated(TaskID(-1), digest: [1]) != nil)
        #expect(beats.repeated(TaskID(0), digest: [1]) == nil)
    }

    @Test("threads that remember and ask at once see whole messages alone")
    func atTheSameTime() {
        let beats = Heartbeats()
        let odd = Seen<[String]>()
        atOnce(8) { index in
            for round in 0..<500 {
                beats.remember(TaskID(1), [UInt8(index)], sentOutputs: ["\(index)"])
                if let said = beats.repeated(TaskID(1), digest: [UInt8(index)]), said != ["\(index)"] { odd.add(said) }
                if round % 50 == 0 { beats.forget(TaskID(1)) }
            }
        }
        #expect(odd.all == [])
    }
}
