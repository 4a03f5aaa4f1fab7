/// Limits of `millrace artifacts`. Memory is a few pieces whatever the size of an artifact.
enum ArtifactClientLimits {
    /// Bytes of one uploaded block: the toolkit's own, so far below what the server takes at once.
    static let blockBytes = 8 * 1024 * 1024
    /// Blocks on their way at once. Each is held in memory until the server has it.
    static let blocksAtOnce = 4
    /// Blocks in one list (artifacts.md 3.3).
    static let blocksMax = 50_000
    /// Bytes asked for at once: what a broken connection costs.
    static let pieceBytes: Int64 = 16 * 1024 * 1024
    /// Bytes of an answer that is held in memory: JSON and errors.
    static let answerBytesMax = 16 * 1024 * 1024
    /// Tries without any progress. With the pauses of `Backoff` that is about half a minute: an instance restarts sooner.
    static let triesMax = 6
    /// Without a byte for as long, a transfer is given up and tried again.
    static let stallSeconds = 60.0
    /// Putting a large artifact together takes minutes; above the server's own patience (`AssemblyLimits`).
    static let finalizeSeconds = 960.0
    /// Artifacts on a page of the list, the most that the server gives.
    static let pageItems = 100
}
