import Domain
import TestSupport
import Testing

@testable import Postgres
@testable import Server
@testable import Web

@Suite("What an instance remembers of runners")
struct ParkedPollsTests {
    private static let uuid = "00000000-0000-0000-0000-000000000001"

    /// As read from its row.
    private static func runner(disabled: Bool = false, number: UInt8 = 1) -> Runner {
        Runner(
            Row(columns: [
                [0, 0, 0, 0, 0, 0, 0, number], [UInt8](repeating: 0, count: 15) + [number], Array("r".utf8), [], nil,
                nil, [], [], [0], [disabled ? 1 : 0], [1], [0],
            ]))
    }

    @Test("A2: a change announced between the read of a row and its keeping is not undone by the keeping")
    func changedMeanwhile() {
        let polls = ParkedPolls()
        polls.listening()
        let mark = polls.changes(of: Self.uuid)
        // The row is read here; now the runner is disabled, committed and announced.
        polls.forget(uuid: Self.uuid)
        polls.keep(Self.runner(), since: mark)
        #expect(polls.runner(uuid: Self.uuid) == nil)
        polls.keep(Self.runner(disabled: true), since: polls.changes(of: Self.uuid))
        #expect(polls.runner(uuid: Self.uuid)?.disabled == true)
    }

    @Test("A2: another runner's change keeps nobody's row out")
    func changedOther() {
        let polls = ParkedPolls()
        polls.listening()
        let mark = polls.changes(of: Self.uuid)
        polls.forget(uuid: "00000000-0000-0000-0000-000000000002")
        polls.keep(Self.runner(), since: mark)
        #expect(polls.runner(uuid: Self.uuid) != nil)
    }

    @Test("A2: what was read before the listening connection was lost, or came, is not kept")
    func reconnected() {
        let polls = ParkedPolls()
        let beforeAll = polls.changes(of: Self.uuid)
        polls.listening()
        polls.keep(Self.runner(), since: beforeAll)
        #expect(polls.runner(uuid: Self.uuid) == nil)
        let before = polls.changes(of: Self.uuid)
        polls.lost()
        polls.listening()
        polls.keep(Self.runner(), since: before)
        #expect(polls.runner(uuid: Self.uuid) == nil)
    }

    @Test("A2: however many runners changed, a row read before its own change is refused")
    func manyChanges() {
        let polls = ParkedPolls()
        polls.listening()
        let mark = polls.changes(of: Self.uuid)
        polls.forget(uuid: Self.uuid)
        for number in 0..<ParkedPolls.credentialsMax { polls.forget(uuid: "\(number)") }
        polls.keep(Self.runner(), since: mark)
        #expect(polls.runner(uuid: Self.uuid) == nil)
    }

    @Test(
        "E3: when the listening connection is lost nothing that was remembered is believed any more, nor after it came back"
    )
    func lost() {
        let polls = ParkedPolls()
        polls.listening()
        polls.keep(Self.runner(), since: polls.changes(of: Self.uuid))
        #expect(polls.runner(uuid: Self.uuid) != nil)
        polls.lost()
        #expect(polls.runner(uuid: Self.uuid) == nil)
        polls.keep(Self.runner(), since: polls.changes(of: Self.uuid))
        #expect(polls.runner(uuid: Self.uuid) == nil, "nobody would hear of its change")
        polls.listening()
        #expect(polls.runner(uuid: Self.uuid) == nil)
    }
}

@Suite("Requests of idle runners that wait")
struct WaitingPollsTests {
    private let polls = ParkedPolls()
    private let said = Seen<String>()
    private static let linux = PollScope(scope: .everything, labels: ["linux", "x64"])
    private static let windows = PollScope(scope: .everything, labels: ["windows"])
    private static let sets = [LabelSet(id: 1, labels: ["linux"]), LabelSet(id: 2, labels: ["windows"])]

    init() { polls.listening() }

    private static func job(_ labelSet: Int64 = 1, repository: Int64 = 10, owner: Int64 = 100) -> RunnableJob {
        RunnableJob(labelSet: labelSet, repository: RepositoryID(repository), owner: AccountID(owner))
    }
    private func announce(_ job: RunnableJob) {
        polls.jobWaiting(job) { wish in
            guard case .only(let id) = wish else { return [] }
            return Self.sets.filter { $0.id == id }
        }
    }
    @discardableResult
    private func park(
        _ name: String, _ scope: PollScope = linux, since mark: Int? = nil, deadline: Int64 = .max,
        isGone: @escaping @Sendable () -> Bool = { false }
    ) -> Bool {
        let said = said
        return polls.park(
            ParkedPolls.Waiter(
                scope: scope, deadline: deadline, look: { said.add("look \(name)") },
                giveUp: { said.add("end \(name)") }, isGone: isGone),
            since: mark ?? polls.mark)
    }

    @Test("a job wakes one that may take it, the one that waits longest")
    func order() {
        park("first")
        park("second", PollScope(scope: .everything, labels: ["linux"]))
        park("other", Self.windows)
        announce(Self.job())
        #expect(said.all == ["look first"])
        announce(Self.job())
        announce(Self.job())
        #expect(said.all == ["look first", "look second"])
        #expect(polls.waiterCount == 1)
    }

    @Test(
        "the scope decides, too",
        arguments: [
            (RunnerScope.everything, true), (.owner(AccountID(100)), true), (.owner(AccountID(101)), false),
            (.repository(RepositoryID(10)), true), (.repository(RepositoryID(11)), false),
        ])
    func scopes(scope: RunnerScope, isWoken: Bool) {
        park("r", PollScope(scope: scope, labels: ["linux"]))
        announce(Self.job())
        #expect(said.all.isEmpty != isWoken)
    }

    @Test("labels that are not known may be anybody's: a look too many does no harm")
    func unknownLabels() {
        park("r")
        announce(Self.job(99))
        #expect(said.all == ["look r"])
    }

    @Test("one whose client left is passed over, and the next is woken")
    func gone() {
        park("left") { true }
        park("there")
        announce(Self.job())
        #expect(said.all == ["look there"])
    }

    @Test("what became waiting during a look is not missed: the request is not parked")
    func meanwhile() {
        let mark = polls.mark
        announce(Self.job(2))
        #expect(park("linux", since: mark), "that was for another kind")
        announce(Self.job(1))
        #expect(!park("too late", since: mark))
        #expect(park("windows was told before", Self.windows, since: polls.mark))
    }

    @Test("E2: of more notifications than are remembered one may have concerned it", arguments: [0, 1, 5000])
    func manyNotifications(more: Int) {
        let mark = polls.mark
        for _ in 0..<(2 * ParkedPolls.recentMax + 1 + more) { announce(Self.job(2)) }
        #expect(!park("linux", since: mark))
        polls.sawNothing(Self.linux, since: mark)
        #expect(!polls.isKnownEmpty(Self.linux))
        #expect(park("linux", since: polls.mark))
    }

    @Test("that nothing waits is believed until something does, or the listening connection is lost")
    func empty() {
        #expect(!polls.isKnownEmpty(Self.linux))
        polls.sawNothing(Self.linux, since: polls.mark)
        #expect(polls.isKnownEmpty(Self.linux) && !polls.isKnownEmpty(Self.windows))
        announce(Self.job(2))
        #expect(polls.isKnownEmpty(Self.linux))
        announce(Self.job(1))
        #expect(!polls.isKnownEmpty(Self.linux))
        polls.sawNothing(Self.linux, since: polls.mark)
        polls.lost()
        #expect(!polls.isKnownEmpty(Self.linux))
        polls.sawNothing(Self.linux, since: polls.mark)
        polls.listening()
        #expect(!polls.isKnownEmpty(Self.linux))
    }

    @Test("a look that began before a job came proves nothing")
    func lookTooEarly() {
        let mark = polls.mark
        announce(Self.job(1))
        polls.sawNothing(Self.linux, since: mark)
        #expect(!polls.isKnownEmpty(Self.linux))
        polls.sawNothing(Self.windows, since: mark)
        #expect(polls.isKnownEmpty(Self.windows))
    }

    @Test("a wait ends at its deadline and when the client left, and others keep their place")
    func expired() {
        park("over", deadline: Clock.monotonicMicroseconds() - 1)
        park("left") { true }
        park("stays", deadline: Clock.monotonicMicroseconds() + 3_600_000_000)
        polls.expire()
        #expect(Set(said.all) == ["end over", "end left"])
        announce(Self.job())
        #expect(said.all.last == "look stays")
    }

    @Test("when listening begins again everybody looks once, oldest first")
    func again() {
        for name in ["a", "b", "c"] { park(name) }
        let mark = polls.mark
        polls.lost()
        polls.listening()
        #expect(said.all == ["look a", "look b", "look c"])
        #expect(polls.waiterCount == 0)
        #expect(!park("who looked before", since: mark))
    }

    @Test("a stop ends all waits, and none is taken after it")
    func stopped() {
        park("a")
        polls.stop()
        #expect(said.all == ["end a"])
        #expect(polls.isStopping && !park("late"))
    }

    @Test("a lost answer may be recovered just after listening began, and after an assignment was told")
    func recovery() {
        #expect(polls.mayRecover(RunnerID(1)), "assignments before it were not heard of")
        polls.lost()
        #expect(polls.mayRecover(RunnerID(1)))
    }
}

extension PollScope {
    fileprivate init(scope: RunnerScope, labels: [String]) {
        let (owner, repository): (Int64?, Int64?) =
            switch scope {
            case .everything: (nil, nil)
            case .owner(let owner): (owner.number, nil)
            case .repository(let repository): (nil, repository.number)
            }
        func bytes(_ number: Int64?) -> [UInt8]? { number.map { withUnsafeBytes(of: $0.bigEndian) { Array($0) } } }
        func word(_ number: Int) -> [UInt8] { withUnsafeBytes(of: Int32(number).bigEndian) { Array($0) } }
        // text[] as PostgreSQL sends it.
        let array = labels.reduce(word(1) + word(0) + word(25) + word(labels.count) + word(1)) {
            $0 + word($1.utf8.count) + Array($1.utf8)
        }
        self.init(
            Runner(
                Row(columns: [
                    bytes(1), [UInt8](repeating: 0, count: 16), Array("r".utf8), [], bytes(owner), bytes(repository),
                    array,
                    [], [0], [0], [1], [0],
                ])))
    }
}
