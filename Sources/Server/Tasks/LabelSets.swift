import Domain
import Postgres

/// What an instance remembers of the table `label_set`: every job points to one, a runner satisfies some of them.
///
/// New sets are asked for by their ids, which grow; one that was committed out of order comes with the notification of its job
/// or with the reload, which also forgets the sets that were removed.
struct LabelSets {
    /// How long a set that was passed over, or one that is gone, may go unnoticed.
    static let reloadMicroseconds: Int64 = 60_000_000
    /// Kinds of runners whose sets are remembered.
    static let eligibleMax = 10_000

    private var labels: [Int64: [String]] = [:]
    private var highest: Int64 = 0
    private var loadedAt: Int64?
    private var isLoading = false
    /// Sets that came while everything was read anew.
    private var meanwhile: Set<Int64> = []
    private var eligible: [[String]: [Int64]] = [:]

    subscript(id: Int64) -> [String]? { labels[id] }

    /// What to ask PostgreSQL for before a look; `take` gets the answer.
    mutating func wish(now: Int64, isListening: Bool) -> LabelSetWish {
        if !isListening { return .all }
        guard !isLoading, loadedAt.map({ now - $0 >= Self.reloadMicroseconds }) ?? true else { return .above(highest) }
        isLoading = true
        meanwhile.removeAll()
        return .all
    }

    mutating func take(_ sets: [LabelSet], for wish: LabelSetWish, now: Int64) {
        switch wish {
        case .all:
            let kept = meanwhile.reduce(into: [Int64: [String]]()) { $0[$1] = labels[$1] }
            labels = sets.reduce(into: kept) { $0[$1.id] = $1.labels }
            highest = sets.last?.id ?? 0
            loadedAt = now
            isLoading = false
            eligible.removeAll()
        case .above, .only:
            for set in sets where labels[set.id] == nil {
                labels[set.id] = set.labels
                meanwhile.insert(set.id)
                eligible.removeAll()
            }
            if case .above = wish, let last = sets.last { highest = max(highest, last.id) }
        }
    }

    /// It could not be read: the next one tries.
    mutating func failed(_ wish: LabelSetWish) { if case .all = wish { isLoading = false } }

    /// Ids of the sets that a runner with these labels satisfies, ascending.
    mutating func satisfied(by runner: [String]) -> [Int64] {
        if let known = eligible[runner] { return known }
        let found = labels.filter { Domain.labels(runner, satisfy: $0.value) }.map(\.key).sorted()
        if eligible.count >= Self.eligibleMax { eligible.removeAll() }
        eligible[runner] = found
        return found
    }
}
