import Domain
import Testing

@Suite("Why a job waits")
struct WhyWaitingTests {
    static let now = Instant(microseconds: 1_000_000_000)
    static let fresh = now.adding(seconds: -5)
    static let ann = AccountID(1)
    static let app = RepositoryID(1)
    static let job = WaitingJob(repository: app, owner: ann, labels: ["linux", "x64"])
    static func runner(
        _ name: String = "r", _ scope: RunnerScope = .everything, labels: [String] = ["linux", "x64"],
        disabled: Bool = false, spent: Bool = false, online: Instant? = fresh, tasks: Int64 = 0
    ) -> RunnerFacts {
        RunnerFacts(
            name: name, scope: scope, labels: labels, isDisabled: disabled, isSpent: spent, lastOnline: online,
            liveTasks: tasks)
    }

    @Test("a job that called a workflow waits for what it called, three by name")
    func calling() {
        #expect(whyCalling(["a / x"]).words == "it called a workflow and waits for \"a / x\" to end")
        #expect(
            whyCalling(["a", "b", "c", "d", "e"]).words
                == "it called a workflow and waits for \"a\", \"b\", \"c\" and 2 more to end")
        #expect(whyCalling([]).kind == .running && whyCalling([]).words.contains("have ended"))
    }

    @Test(
        "names the narrowest gate that no runner passes",
        arguments: [
            (job, [], Reason.Kind.scope, "no runner is registered"),
            (
                job, [runner("r", .repository(RepositoryID(2)))], .scope,
                "none of the 1 runners may take jobs of this repository"
            ),
            (job, [runner(labels: ["linux"])], .labels, "the nearest, \"r\", lacks \"x64\""),
            (job, [runner(labels: ["Linux", "x64"])], .labels, "lacks \"linux\""),
            (job, [runner(disabled: true)], .disabled, "runner \"r\" fits, but is disabled; enable it"),
            (job, [runner(spent: true)], .spent, "was for one job only"),
            (job, [runner(online: now.adding(seconds: -61))], .offline, "runner \"r\" would fit, but did not call"),
            (job, [runner(online: nil)], .offline, "did not call"),
            (job, [runner(tasks: 1)], .busy, "runner \"r\" would fit, but is busy"),
            (
                job, [runner("a", tasks: 1), runner("b", tasks: 2)], .busy,
                "runners \"a\", \"b\" would fit, but are busy"
            ),
            (job, [runner(tasks: 1), runner("s")], .soon, "runner \"s\" is free"),
            (
                WaitingJob(repository: app, owner: ann, labels: ["linux"], ahead: 3), [runner()], .queue,
                "3 jobs stand before it"
            ),
            (
                WaitingJob(repository: app, owner: ann, labels: ["linux"], ahead: WaitingJob.aheadMax), [runner()],
                .queue,
                "1000 jobs or more stand before it"
            ),
            (
                WaitingJob(repository: app, owner: ann, labels: [], unfinishedNeeds: ["build", "lint"]), [runner()],
                .needs, "\"build\", \"lint\""
            ),
            (
                WaitingJob(
                    repository: app, owner: ann, labels: [], unfinishedNeeds: ["build"], isCleanUp: true), [runner()],
                .needs, "the run was cancelled, so it starts only if its \"if\" holds then"
            ),
            (
                WaitingJob(
                    repository: app, owner: ann, labels: [], unfinishedNeeds: ["build"],
                    group: AwaitedGroup(name: "deploy", holder: 7)), [runner()], .group,
                "concurrency group \"deploy\" and waits for run #7, which holds it, to end"
            ),
            (
                WaitingJob(
                    repository: app, owner: ann, labels: [], group: AwaitedGroup(name: "deploy", holder: nil)), [],
                .group, "waits for its turn"
            ),
        ])
    func reason(job: WaitingJob, runners: [RunnerFacts], kind: Reason.Kind, words: String) {
        let found = whyWaiting(job, runners: runners, now: Self.now)
        #expect(found.kind == kind)
        #expect(found.words.contains(words), "\(found.words)")
    }

    static let kind = WaitingKind(repository: app, owner: ann, labels: ["linux", "x64"], count: 2)

    @Test(
        "and why a runner is idle",
        arguments: [
            (runner(), [], Reason.Kind.nothing, "no job waits"),
            (runner(disabled: true), [kind], .disabled, "enable it"),
            (runner(spent: true), [kind], .spent, "one job only"),
            (runner(online: nil), [kind], .offline, "never called"),
            (runner(tasks: 1), [kind], .busy, "it has 1 job"),
            (runner("r", .owner(AccountID(9))), [kind], .scope, "2 jobs wait, none in the repositories"),
            (
                runner(labels: ["linux"]), [kind], .labels,
                "2 jobs wait for the labels \"linux\", \"x64\"; this runner lacks \"x64\""
            ),
            (runner(), [kind], .soon, "with its next call"),
        ])
    func idle(runner: RunnerFacts, waiting: [WaitingKind], kind: Reason.Kind, words: String) {
        let found = whyIdle(runner, waiting: waiting, now: Self.now)
        #expect(found.kind == kind)
        #expect(found.words.contains(words), "\(found.words)")
    }
}
