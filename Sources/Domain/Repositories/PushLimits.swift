/// What one push may bring. All of it comes from whoever may push.
public enum PushLimits {
    /// Refs moved by one push; each becomes an inbox row and is planned for itself. Refused in pre-receive.
    public static let refsMax = 5000
    /// Bytes of a ref's name.
    public static let refBytesMax = 1024
    /// Commits listed in the event (workflows.md 14; GitHub's number). `total_commits` counts on.
    public static let commitsMax = 2048
    /// Bytes of one commit object that are read.
    public static let commitBytesMax = 1024 * 1024
    /// Bytes of a push's event as JSON; older commits go without files first, then are left out.
    public static let eventBytesMax = 2 * 1024 * 1024
    /// Bytes of all copies of one push's event: every run of the push stores its own.
    public static let eventsBytesMax = 32 * 1024 * 1024
    /// Bytes of an author's or committer's name, and of the address.
    public static let personBytesMax = 255
    /// Paths of one commit in the event, added, removed and modified together (GitHub lists 3 000).
    public static let commitPathsMax = 3000
    /// Changed paths looked at; with more, `paths` filters pass (workflows.md 5.3).
    public static let changedPathsMax = 10_000
    /// New commits beyond which `paths` filters pass (GitHub's number).
    public static let filteredCommitsMax = 1000
    /// Bytes of a run's title: the first line of the commit message, or `run-name`.
    public static let titleBytesMax = 255
    /// Bytes of what a push's row tells of its outcome.
    public static let outcomeBytesMax = 4096
    /// Seconds that those git programs of one push may take together without which it cannot be read. Time that passes
    /// between them is not counted: on a busy machine, planning takes its own.
    public static let gitSeconds = 20
    /// Seconds for each git program that only makes the event richer; without its answer the push is read all the same.
    public static let extraGitSeconds = 5
    /// Bytes that one git program may write.
    public static let gitOutputBytesMax = 16 * 1024 * 1024
}

/// Bytes that the event of a push may have, which each of its runs stores.
///
/// - Parameter runs: how many runs the push may start.
public func eventBytes(runs: Int) -> Int {
    min(PushLimits.eventBytesMax, PushLimits.eventsBytesMax / max(1, runs))
}
