import Domain

/// One short world: random events while faults are on, then a quiet time in which everything must end.
struct Simulation {
    private static let keys = ["a", "b", "c", "d", "e"]
    private static let labelNames = ["linux", "arm", "gpu"]
    private static let conditions: [String?] = [
        nil, nil, nil, nil, "always()", "failure()", "success() || failure()", "!cancelled()", "cancelled()",
        "needs.a.outputs.answer == 'yes'",
        "always() && fromJSON('{')", "github.ref == 'refs/heads/main'",
    ]
    private static let runsMax = 8

    let world: World
    private var random: SplitMix64
    private var clients: [Client] = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let spacing: Int64 = random.oneIn(2) ? 0 : 10_000_000
        world = World(spacingMicroseconds: spacing, cleansUp: random.oneIn(2), lots: SplitMix64(seed: random.next()))
        for _ in 0..<(2 + random.below(4)) { addRunner() }
    }

    mutating func run(steps: Int) throws {
        let network = Network(isFaulty: true)
        for number in 1...steps {
            world.seen.steps += 1
            world.now = Instant(microseconds: world.now.microseconds + random.within(0...2_000_000))
            // A process that was killed tells nobody; what it had begun is as if it had not been.
            do {
                try step(network)
                try world.hearGroups()
            } catch is Crash {}
            if number.isMultiple(of: 200) { try world.checks.everything(in: world) }
        }
        try world.checks.everything(in: world)
    }

    private mutating func step(_ network: Network) throws {
        switch random.below(200) {
        case 0...5: try planRun()
        case 6: addRunner()
        case 7: world[random.pick(clients).runner].isRemoved = random.oneIn(4)
        case 8...15: world.now = world.now.adding(seconds: random.within(1...90))
        case 16: world.now = world.now.adding(seconds: random.within(300...900))
        case 17: if random.oneIn(10) { world.now = world.now.adding(seconds: world.limits.abandonedSeconds + 1) }
        case 18...37: try sweep()
        case 38...40: try cancel(.cancelRequested)
        case 41: try cancel(.forceCancelRequested)
        case 42...49: try rerun()
        case 50...52: try stale()
        case 53: try strange()
        case 54...55: try approve()
        case 56...57: try review()
        default: try clients[random.below(clients.count)].act(in: world, &random, network)
        }
    }

    // MARK: what people and hosts do

    private mutating func addRunner(healthy: Bool = false) {
        let scope: RunnerScope =
            switch healthy ? 0 : random.below(4) {
            case 1: .owner(AccountID(random.within(1...2)))
            case 2: .repository(RepositoryID(random.within(1...3)))
            default: .everything
            }
        let labels = healthy ? Self.labelNames : Self.labelNames.filter { _ in !random.oneIn(3) }
        let id = RunnerID(Int64(world.runners.count) + 1)
        world.runners.append(
            RunnerRow(
                id: id, scope: scope, labelNames: labels, isEphemeral: !healthy && random.oneIn(3),
                canCancel: random.oneIn(2), declaredAt: world.now))
        clients.append(Client(runner: id, capacity: 1 + random.below(2), usesKeys: random.oneIn(2)))
    }

    private mutating func planRun() throws {
        guard world.unfinished.count < Self.runsMax else { return }
        var plans: [JobPlan] = []
        let group = group()
        // A run that holds a group and a job of it that wants another must not wait for each other in a circle.
        let groups = group.map { $0.name.lowercased() == "deploy" ? ["Docs", "pages"] : ["pages"] } ?? Self.groupNames
        for (number, key) in Self.keys.prefix(1 + random.below(Self.keys.count)).enumerated() {
            let needs = Self.keys.prefix(number).filter { _ in random.oneIn(2) }
            var plan = JobPlan(
                key: key, needs: Array(needs), condition: random.pick(Self.conditions),
                continueOnError: random.oneIn(8), hasOutputs: random.oneIn(3), runsOn: [random.pick(Self.labelNames)],
                timeoutSeconds: random.oneIn(6) ? 4 * 3600 : nil,
                steps: (0...random.below(3)).map { _ in random.oneIn(4) })
            let name = random.oneIn(12) ? group?.name ?? "pages" : random.pick(groups)
            let concurrency = random.oneIn(3) ? concurrency(name, needs: Array(needs)) : nil
            if let need = needs.first, random.oneIn(4) {
                plan.deferred = try Self.deferred(plan, reading: need, concurrency)
                plans.append(plan)
                continue
            }
            plan.concurrency = concurrency.flatMap { JobConcurrency(stored: $0) }
            if random.oneIn(5) {
                let name = random.pick(World.environments)
                plan.environment = JobEnvironment(
                    stored: #"{"name":"${{ needs.a.outputs.answer && 'free' || '\#(name)' }}","url":"","matrix":null}"#)
            }
            let legs = random.oneIn(3) ? 2 + random.below(3) : 1
            if legs > 1 {
                plan.strategy = LegStrategy(
                    failFast: !random.oneIn(3), maxParallel: random.oneIn(2) ? random.within(1...2) : nil)
            }
            plans += Array(repeating: plan, count: legs)
        }
        let repository = random.within(1...3)
        let isBroken = random.oneIn(40)
        var plan = WorkflowPlan(
            repository: RepositoryID(repository), owner: AccountID(repository == 1 ? 1 : 2),
            ref: "refs/heads/\(random.pick(["main", "topic"]))", jobs: isBroken ? [] : plans,
            problem: isBroken ? "no such file" : "", group: group)
        plan.needsApproval = random.oneIn(6)
        try world.plan(plan, by: somebody())
    }

    private static let groupNames = ["deploy", "DEPLOY", "docs", "pages"]

    private mutating func group() -> PlannedGroup? {
        guard random.oneIn(2) else { return nil }
        var group = PlannedGroup(name: random.pick(["deploy", "Deploy", "docs"]), cancelsInProgress: random.oneIn(3))
        group.queuesAll = !group.cancelsInProgress && random.oneIn(3)
        return group
    }

    /// `JobConcurrency` as it is stored. The name may come from outputs; then it is that of the last group, or none.
    private mutating func concurrency(_ name: String, needs: [String]) -> String {
        let cancels = random.oneIn(3)
        let queue = !cancels && random.oneIn(3) ? "max" : ""
        let read = needs.first.map { "${{ needs.\($0).outputs.answer && 'pages' }}" }
        let group = random.oneIn(4) ? read ?? name : name
        return
            #"{"group":"\#(group)","cancels":"\#(cancels)","queue":"\#(queue)","matrix":null,"strategy":null}"#
    }

    /// Two legs when the need has an output, one when it has none.
    private static func deferred(
        _ plan: JobPlan, reading need: String, _ concurrency: String?
    ) throws -> DeferredJob {
        let values = "${{ fromJSON(needs.\(need).outputs.answer && '[1,2]' || '[1]') }}"
        let group = concurrency == nil ? "" : #""concurrency":{"group":"pages-${{ matrix.v }}"},"#
        let needs = plan.needs.map { "\"\($0)\"" }.joined(separator: ",")
        let job =
            #"{\#(group)"runs-on":"\#(plan.runsOn[0])","strategy":{"matrix":{"v":"\#(values)"},"max-parallel":1},"steps":[{"run":"x"}]}"#
        let text =
            #"{"version":1,"path":"w.yml","key":"\#(plan.key)","needs":[\#(needs)],"file":{"on":"push","jobs":{"\#(plan.key)":\#(job)}}}"#
        return try DeferredJob(stored: Array(text.utf8))
    }

    private mutating func approve() throws {
        let awaiting = world.unfinished.filter { world[$0].approval == .awaited }
        let others = random.oneIn(4) ? world.runs.map(\.id) : []
        guard !(awaiting + others).isEmpty else { return }
        try world.approve(random.pick(awaiting + others), by: somebody())
    }

    private mutating func review() throws {
        let waiting = world.unfinished.filter { run in
            world[run].latest.contains { world[$0].status == .blocked && world[$0].deployment?.needsReview ?? false }
        }
        guard !(waiting + world.runs.map(\.id)).isEmpty else { return }
        let run = waiting.isEmpty || random.oneIn(5) ? random.pick(world.runs).id : random.pick(waiting)
        try world.review(
            run, by: AccountID(random.oneIn(4) ? 2 : 1), random.oneIn(3) ? .rejected : .approved)
    }

    private mutating func cancel(_ event: RunEvent) throws {
        guard !world.runs.isEmpty else { return }
        let runs = random.oneIn(4) ? world.runs.map(\.id) : world.unfinished + [RunID(1)]
        try world.apply(event, to: random.pick(runs), by: somebody())
    }

    private mutating func rerun() throws {
        guard !world.runs.isEmpty else { return }
        let run = random.pick(world.runs)
        guard !run.latest.isEmpty else { return }
        let wish: RerunWish = random.pick([.all, .failed, .failed, .job(random.pick(run.latest))])
        do { try world.rerun(run.id, wish, by: somebody()) } catch is RerunRefusal {}
    }

    private mutating func somebody() -> AccountID? { random.oneIn(3) ? nil : AccountID(random.within(1...2)) }

    /// Something decided on before others changed the job: an event about a task that may have ended since.
    private mutating func stale() throws {
        guard !world.tasks.isEmpty else { return }
        let task = random.pick(random.oneIn(2) ? world.tasks.suffix(4) : world.tasks)
        let event: JobEvent = random.pick([
            .reported(task.id, random.pick(Conclusion.allCases), outputsComplete: random.oneIn(2)),
            .lost(task.id, .silent, returns: world[task.job].returns), .released(task.id), .unbuildable(task.id),
            .abandoned,
        ])
        // Whatever comes by starts what a wait timer no longer holds back.
        let hasTimer = world[task.run].latest.contains { world[$0].deployment?.waitMinutes ?? 0 > 0 }
        do {
            let changes = try world.apply(.job(task.job, event), to: task.run, problem: "stale")
            guard changes.isEmpty || task.isLive || event == .abandoned || hasTimer else {
                throw Violation(run: task.run, description: "\(event), of a task that had ended, did \(changes)")
            }
        } catch JobRefusal.foreignTask where !task.isLive {
            // What it must be told; anything else is a fault.
        }
    }

    /// A report of another runner's task, or of one that there never was.
    private mutating func strange() throws {
        let task = random.pick(world.tasks.suffix(3).map(\.id) + [TaskID(Int64(world.tasks.count) + 7)])
        let strangers = world.runners.map(\.id).filter { !world.rows.has(task) || $0 != world[task].runner }
        guard let runner = strangers.randomElement(using: &random) else { return }
        let before = world.rows.has(task) ? world[task].outputs.count : 0
        _ = try world.report(
            TaskReport(
                task: task, runner: runner, conclusion: .success, steps: [],
                outputs: [JobOutput(name: "answer", value: "no")]))
        guard world.rows.has(task) else { return }
        try world.require(
            world[task].outputs.count == before, world[task].run, "runner \(runner) wrote to task \(task)")
    }

    private mutating func sweep() throws {
        switch random.below(7) {
        case 6: try world.openGates()
        case 5: try world.sweepGroups()
        case 4: try world.repair()
        case 0: try world.settleDue()
        case 1: try world.cancelAbandoned()
        case 2: world.sealLogs()
        default: try world.sweepLost()
        }
    }

    // MARK: quiet

    /// Faults are off, sweeps run as they do in the server, and two runners fit every job: all runs must end.
    mutating func settle() throws {
        for index in clients.indices { clients[index].silentUntil = nil }
        for _ in 0..<2 { addRunner(healthy: true) }
        let network = Network(isFaulty: false)
        world.isFaulty = false
        let open = world.unfinished.reduce(0) { $0 + world[$1].latest.count }
        // Silence of those who forgot a task ends after 600 s, 120 rounds; a job takes two clients a dozen calls or two.
        var roundsLeft = 300 + 40 * open
        while !world.unfinished.isEmpty {
            roundsLeft -= 1
            guard roundsLeft > 0 else {
                let run = world.unfinished[0]
                let jobs = world[run].latest.map { "\($0) \(world[$0].status)" }
                throw Violation(run: run, description: "stuck: \(jobs.joined(separator: ", "))")
            }
            world.now = world.now.adding(seconds: 5)
            for run in world.unfinished where world[run].approval == .awaited { try world.approve(run, by: nil) }
            for index in clients.indices { try clients[index].act(in: world, &random, network) }
            for run in world.unfinished { try world.review(run, by: AccountID(1), .approved) }
            try world.openGates()
            try world.settleDue()
            try world.sweepLost()
            try world.sweepGroups()
            try world.hearGroups()
            world.sealLogs()
        }
        try world.checks.everything(in: world)
    }
}
