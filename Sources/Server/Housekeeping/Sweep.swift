import Web

/// Something done now and then on every instance; safe on all of them at once.
struct Sweep {
    let name: String
    private let intervalMicroseconds: Int64
    private var last: Int64 = 0
    private let body: () throws -> Void

    init(_ name: String, everySeconds: Int64, _ body: @escaping () throws -> Void) {
        self.name = name
        intervalMicroseconds = everySeconds * 1_000_000
        self.body = body
    }

    func isDue(_ now: Int64) -> Bool { now - last >= intervalMicroseconds }

    mutating func run() throws {
        last = Clock.monotonicMicroseconds()
        try body()
    }
}
