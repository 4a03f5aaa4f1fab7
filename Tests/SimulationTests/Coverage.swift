import Domain

/// What a simulation came across: a state machine that never moves breaks no rule either.
struct Coverage: CustomStringConvertible {
    var steps = 0
    var transactions = 0
    var reruns = 0
    var recoveredAnswers = 0
    var pieces = 0
    var refusedAppends = 0
    var settled = 0
    var contended = 0
    var crashes = 0
    var contradictions = 0
    var refusedOutputs = 0
    var woken = 0
    var cleanUps = 0
    var expansions = 0
    var givenUp = 0
    var slotWaits = 0
    var wishes = 0
    var approvals = 0
    var gates = 0
    var reviews = 0
    var statuses: Set<Status> = []
    var losses: Set<TaskLoss> = []

    var rarest: Int {
        min(
            min(reruns, recoveredAnswers, pieces, refusedAppends, settled),
            min(contended, crashes, contradictions, refusedOutputs), min(woken, cleanUps, expansions),
            min(givenUp, slotWaits, wishes, approvals), min(gates, reviews))
    }

    var description: String {
        "\(steps) steps, \(transactions) transactions, \(reruns) reruns, \(recoveredAnswers) answers asked for again, "
            + "\(pieces) pieces of logs, \(refusedAppends) refused appends, \(settled) waits for outputs, "
            + "\(contended) rows locked by others, \(crashes) crashes, \(contradictions) successes with a failed step, "
            + "\(refusedOutputs) outputs refused, \(woken) moves in groups, \(cleanUps) jobs after a cancel, "
            + "\(expansions) jobs expanded, \(givenUp) legs given up, \(slotWaits) held by max-parallel, \(wishes) jobs in groups, \(approvals) approvals, \(gates) jobs at environments, \(reviews) reviews, losses: \(losses.map(\.rawValue).sorted().joined(separator: ", "))"
    }

    mutating func add(_ other: Coverage) {
        steps += other.steps
        transactions += other.transactions
        reruns += other.reruns
        recoveredAnswers += other.recoveredAnswers
        pieces += other.pieces
        refusedAppends += other.refusedAppends
        settled += other.settled
        contended += other.contended
        crashes += other.crashes
        contradictions += other.contradictions
        refusedOutputs += other.refusedOutputs
        woken += other.woken
        cleanUps += other.cleanUps
        expansions += other.expansions
        givenUp += other.givenUp
        slotWaits += other.slotWaits
        wishes += other.wishes
        approvals += other.approvals
        gates += other.gates
        reviews += other.reviews
        statuses.formUnion(other.statuses)
        losses.formUnion(other.losses)
    }
}
