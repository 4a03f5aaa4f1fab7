import Domain
import Testing

@Suite("How deep a queue is")
struct QueueDepthTests {
    private typealias Why = WhyWaitingTests

    @Test("tells who could take the oldest job, and why nobody does")
    func runners() {
        let runners = [
            Why.runner("free"), Why.runner("busy", tasks: 1), Why.runner("off", online: nil),
            Why.runner("disabled", disabled: true), Why.runner("spent", spent: true),
            Why.runner("other", .repository(RepositoryID(9))), Why.runner("poor", labels: ["linux"]),
        ]
        func depth(_ runners: [RunnerFacts]) -> QueueDepth {
            QueueDepth(Why.job, waiting: 3, isWhole: true, oldest: Why.fresh, runners: runners, now: Why.now)
        }
        let all = depth(runners)
        #expect([all.free, all.busy, all.offline, all.disabled] == [1, 1, 1, 1])
        #expect(all.labels == ["linux", "x64"] && all.waiting == 3 && all.reason.kind == .soon)
        let none = depth(Array(runners.dropFirst(2)))
        #expect([none.free, none.busy, none.offline, none.disabled] == [0, 0, 1, 1])
        #expect(none.reason == whyWaiting(Why.job, runners: Array(runners.dropFirst(2)), now: Why.now))
        #expect(depth([]).reason.kind == .scope)
    }
}
