/// What reading pushes may cost. A push comes from whoever may push, so each number bounds work, not taste.
public enum PlanningLimits {
    /// Steps of one file: a step is a node read, a value compared or 32 bytes made. 0.1 to 0.5 s of one thread
    /// (bench/bench_planning.py measures the worst file that was found).
    public static let fileStepsMax = ExpressionLimits.workBytesMax / stepBytes
    /// Steps of all workflow files of one push: four of the worst. Others wait for a thread no longer than this.
    public static let pushStepsMax = 4 * fileStepsMax
    /// Steps that each file has whatever the others of its push cost: one costly file takes no other file's run away.
    /// A file of 20 KB with 20 jobs takes about 6 000.
    public static let fileStepsSure = 16_384
    /// Bytes of work that count as one step.
    public static let stepBytes = 32
    /// Bytes of a file that count as one step before it is parsed: nothing in YAML is shorter than half of it.
    static let sourceStepBytes = 4
    /// Workflow files of one commit that are read; one failed run tells of the rest.
    public static let filesMax = 256
    /// Threads of an instance that read pushes.
    public static let readersPerInstance = 3
    /// Pushes of one owner that are read at once, all instances together: a thread is left for the others.
    public static let ownerLeasesMax = 2
}

/// Steps that the next file of a push may take.
///
/// - Parameters:
///   - spent: steps that the files before it took.
///   - filesLeft: files not read yet, this one included.
public func stepsOfNextFile(spent: Int, filesLeft: Int) -> Int {
    let reserved = max(0, filesLeft - 1) * PlanningLimits.fileStepsSure
    let free = PlanningLimits.pushStepsMax - spent - reserved
    return min(PlanningLimits.fileStepsMax, max(PlanningLimits.fileStepsSure, free))
}
