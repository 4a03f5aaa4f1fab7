import Domain

/// What becomes of a call and its answer.
struct Network {
    var isFaulty: Bool

    /// - Returns: nil when the client hears nothing, whether or not the call took place.
    func deliver<Answer>(_ random: inout SplitMix64, _ call: () throws -> Answer) throws -> Answer? {
        guard isFaulty else { return try call() }
        do { return try deliverFaultily(&random, call) } catch is Crash { return nil }
    }

    private func deliverFaultily<Answer>(_ random: inout SplitMix64, _ call: () throws -> Answer) throws -> Answer? {
        switch random.below(16) {
        case 0: return nil
        case 1:
            _ = try call()
            return nil
        case 2:
            _ = try call()
            return try call()
        default: return try call()
        }
    }
}

/// A runner's process: one that behaves, but for what the network and its host do to it, and for appends that are wrong on
/// purpose while faults are on.
struct Client {
    /// A task as its runner knows it.
    struct Work {
        let task: TaskID
        let rowsInAll: Int64
        var produced: Int64 = 0
        var acked: Int64 = 0
        var conclusion: Conclusion?
        var isReported = false
        var isLogDone = false
    }

    let runner: RunnerID
    let capacity: Int
    let usesKeys: Bool
    var isDead = false
    var silentUntil: Instant?
    private var works: [Work] = []
    /// Of a fetch whose answer has not come; the next one asks for the same.
    private var pendingKey: String?
    private var keysUsed = 0

    init(runner: RunnerID, capacity: Int, usesKeys: Bool) {
        self.runner = runner
        self.capacity = capacity
        self.usesKeys = usesKeys
    }

    mutating func act(in world: World, _ random: inout SplitMix64, _ network: Network) throws {
        if world[runner].isRemoved { return }
        if isDead {
            if !network.isFaulty || random.oneIn(6) { restart(in: world) }
            return
        }
        if network.isFaulty {
            if let silentUntil, world.now < silentUntil { return }
            silentUntil = nil
            if random.oneIn(50) {
                isDead = true
                return
            }
            if random.oneIn(70) { silentUntil = world.now.adding(seconds: random.within(5...900)) }
        }
        if works.isEmpty || works.count < capacity && random.oneIn(3) {
            try fetch(in: world, &random, network)
        } else {
            let index = random.below(works.count)
            try work(on: index, in: world, &random, network)
            if works[index].isReported && works[index].isLogDone { works.remove(at: index) }
        }
    }

    /// The process that starts knows nothing of the one before.
    private mutating func restart(in world: World) {
        isDead = false
        works = []
        pendingKey = nil
        world.declare(runner)
    }

    private mutating func fetch(in world: World, _ random: inout SplitMix64, _ network: Network) throws {
        if usesKeys, pendingKey == nil {
            keysUsed += 1
            pendingKey = "\(runner) \(world.tasks.count) \(keysUsed)"
        }
        let room = capacity - works.count
        guard
            let tasks = try network.deliver(
                &random, { try world.claim(runner, capacity: room, requestKey: pendingKey) })
        else { return }
        pendingKey = nil
        for task in tasks where !works.contains(where: { $0.task == task }) {
            works.append(Work(task: task, rowsInAll: random.within(0...14)))
        }
    }

    private mutating func work(on index: Int, in world: World, _ random: inout SplitMix64, _ network: Network) throws {
        var work = works[index]
        defer { works[index] = work }
        switch random.below(8) {
        case 0...3: try sendLog(&work, in: world, &random, network)
        case 4...5:
            let answer = try network.deliver(&random) { try world.heartbeat(work.task, by: runner) }
            obey(answer, &work)
        default:
            if work.conclusion == nil, random.oneIn(3) {
                work.conclusion = random.pick([.success, .success, .success, .failure, .failure, .cancelled, .skipped])
            }
            let report = TaskReport(
                task: work.task, runner: runner, conclusion: work.conclusion,
                steps: steps(of: work, in: world, &random), outputs: outputs(of: work, in: world, &random))
            let answer = try network.deliver(&random) { try world.report(report) }
            if answer != nil, work.conclusion != nil { work.isReported = true }
            obey(answer, &work)
        }
    }

    private func outputs(of work: Work, in world: World, _ random: inout SplitMix64) -> [JobOutput] {
        guard world[world[work.task].job].plan.hasOutputs, random.oneIn(work.conclusion == nil ? 20 : 2) else {
            return []
        }
        var outputs = [JobOutput(name: "answer", value: random.oneIn(2) ? "yes" : "")]
        while random.oneIn(2) {
            let name = random.pick(["b", "c", "d", "", "a name too long"])
            if !outputs.contains(where: { $0.name == name }) {
                outputs.append(JobOutput(name: name, value: String(repeating: "x", count: random.below(12))))
            }
        }
        return outputs
    }

    /// Some begin, some end; one that no task has is reported now and then.
    private func steps(of work: Work, in world: World, _ random: inout SplitMix64) -> [ReportedStep] {
        let count = world[work.task].steps.count + (random.oneIn(10) ? 1 : 0)
        return (0..<count).filter { _ in random.oneIn(2) }.map { position in
            let result = random.oneIn(2) ? 0 : random.pick([1, 1, 1, 1, 1, 4, 3, 2])
            return ReportedStep(
                position: Int64(position), result: Int64(result), startedAt: world.now.microseconds,
                stoppedAt: result == 0 ? nil : world.now.microseconds, logIndex: 0, logLength: 0)
        }
    }

    /// Anything but 0 before its own last word: the runner stops, and says so.
    private func obey(_ answer: Int?, _ work: inout Work) {
        if let answer, answer != 0, work.conclusion == nil { work.conclusion = .cancelled }
    }

    private func sendLog(
        _ work: inout Work, in world: World, _ random: inout SplitMix64, _ network: Network
    ) throws {
        if work.conclusion == nil { work.produced = min(work.rowsInAll, work.produced + random.within(0...4)) }
        var first = work.acked
        var end = work.produced
        if network.isFaulty {
            switch random.below(8) {
            case 0: first -= random.within(0...work.acked)
            case 1: first += random.within(0...(end - first))
            case 2: first += random.within(1...3)
            case 3: end = first
            default: break
            }
        }
        end = max(first, end)
        let rows = (first..<end).map { Checks.row($0, of: work.task) }
        let noMore = work.conclusion != nil && end == work.produced
        let ack: Int64?
        do {
            ack = try network.deliver(&random) { try world.append(rows, to: work.task, index: first, noMore: noMore) }
        } catch is LogRefusal {
            world.seen.refusedAppends += 1
            work.isLogDone = true
            return
        }
        guard let ack else { return }
        if first == work.acked, ack < work.acked {
            throw Violation(
                run: world[work.task].run, description: "I5: the ack of task \(work.task) went back to \(ack)")
        }
        work.acked = min(max(work.acked, ack), work.produced)
        if noMore && ack >= work.produced { work.isLogDone = true }
    }
}
