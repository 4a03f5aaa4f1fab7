import Domain
import Foundation
import Testing

/// The rules of runs, jobs, tasks and logs against everything at once: whatever runners, people and networks do, in an
/// order that follows from a seed. `make soak SEED=… STEPS=…` plays more, or a failure again.
@Suite("Simulation")
struct SimulationTests {
    private static let stepsPerWorld = 600
    private static let seeds: [UInt64] = environment("MILLRACE_SIM_SEED").map { [UInt64($0)] } ?? [1, 2]
    private static let steps = environment("MILLRACE_SIM_STEPS") ?? 120_000
    /// Of these a short run sees every case; a soak of a few steps may not.
    private static let stepsToSeeAll = 50_000

    private static func environment(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }.map { max(1, $0) }
    }

    @Test("no order of events breaks an invariant, and when all is quiet nothing is stuck", arguments: seeds)
    func everythingHolds(seed: UInt64) {
        let steps = Self.steps / Self.seeds.count
        let worlds = max(1, steps / Self.stepsPerWorld)
        var seeds = SplitMix64(seed: seed)
        var seen = Coverage()
        for number in 1...worlds {
            var simulation = Simulation(seed: seeds.next())
            do {
                try simulation.run(steps: min(steps, Self.stepsPerWorld))
                try simulation.settle()
            } catch {
                let coverage = simulation.world.seen
                Issue.record(
                    "seed \(seed), world \(number), step \(coverage.steps): \(simulation.world.story(of: error))")
                return
            }
            seen.add(simulation.world.seen)
        }
        print("simulation: seed \(seed), \(worlds) worlds, \(seen)")
        guard seen.steps >= Self.stepsToSeeAll else { return }
        #expect(seen.statuses == Set(Status.allCases))
        #expect(seen.losses == Set(TaskLoss.allCases))
        #expect(seen.rarest > 10)
    }
}

extension World {
    /// What is wrong, and the last that happened to its run.
    func story(of error: any Error) -> String {
        let run = [(error as? Violation)?.run, lastTouched].compactMap { $0 }.first(where: rows.has)
        let history = run.map { self[$0].history.suffix(30).joined(separator: "\n") } ?? ""
        return
            "\(error)\nrun \(run.map { "\($0)" } ?? "?"), attempt \(run.map { self[$0].attempts.count } ?? 0):\n\(history)"
    }
}
