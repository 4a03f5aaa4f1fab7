import Domain
import Testing

@Suite("A replay of events")
struct ReplayTests {
    static let run = StatusEvent.Subject.run(RunID(1))
    static let job = StatusEvent.Subject.job(JobID(2))

    @Test("tells where everything is")
    func told() {
        let replay = Replay([
            StatusEvent(Self.run, .blocked), StatusEvent(Self.job, .blocked), StatusEvent(Self.job, .waiting),
            StatusEvent(Self.run, .waiting), StatusEvent(Self.job, .running), StatusEvent(Self.run, .running),
        ])
        #expect(replay.faults.isEmpty)
        #expect(replay.differences(to: [Self.run: .running, Self.job: .running]).isEmpty)
        #expect(replay.differences(to: [Self.job: .success]) == ["job 2 is success, its events say running"])
        #expect(replay.differences(to: [.job(JobID(3)): .waiting]) == ["job 3 is waiting, its events say nothing"])
    }

    @Test("finds what no rule allows: a final state that changed")
    func faults() {
        let replay = Replay([StatusEvent(Self.job, .success), StatusEvent(Self.job, .running)])
        #expect(replay.faults == ["job 2 went from success to running, which no rule allows"])
    }
}
