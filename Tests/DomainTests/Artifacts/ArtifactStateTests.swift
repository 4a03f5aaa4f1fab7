import Domain
import Testing

@Suite("The state of an artifact")
struct ArtifactStateTests {
    static let moves: [ArtifactState: [ArtifactEvent: ArtifactState]] = [
        .pending: [.finalized: .uploaded, .abandoned: .deleting, .deleteRequested: .deleting],
        .uploaded: [.expired: .expired, .deleteRequested: .deleting],
        .expired: [.deleteRequested: .deleting],
        .deleting: [.bytesFreed: .deleted],
        .deleted: [:],
    ]

    @Test("moves as the table says, and not otherwise", arguments: ArtifactState.allCases, ArtifactEvent.allCases)
    func moves(state: ArtifactState, event: ArtifactEvent) {
        #expect(decide(state, event) == Self.moves[state]?[event])
    }

    @Test("never comes back from deletion or expiry", arguments: [ArtifactState.expired, .deleting, .deleted])
    func final(from state: ArtifactState) {
        var reached: Set = [state]
        while true {
            let next = reached.union(reached.flatMap { from in ArtifactEvent.allCases.compactMap { decide(from, $0) } })
            if next == reached { break }
            reached = next
        }
        #expect(reached.isDisjoint(with: [.pending, .uploaded]))
    }
}
