import Synchronization

/// Set once, when the process is to end: long work gives up at its next piece and can be begun again by whoever asks.
package final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    package func set() { flag.store(true, ordering: .relaxed) }
}

/// Lets so many in at once, and no more.
final class Turnstile: Sendable {
    /// A place, until it is let go.
    final class Place: Sendable {
        private let turnstile: Turnstile
        fileprivate init(_ turnstile: Turnstile) { self.turnstile = turnstile }
        deinit { turnstile.taken.subtract(1, ordering: .relaxed) }
    }

    private let placesMax: Int
    private let taken = Atomic<Int>(0)

    init(placesMax: Int) { self.placesMax = placesMax }

    /// - Returns: nil when all places are taken.
    func enter() -> Place? {
        guard taken.add(1, ordering: .relaxed).newValue <= placesMax else {
            taken.subtract(1, ordering: .relaxed)
            return nil
        }
        return Place(self)
    }
}
