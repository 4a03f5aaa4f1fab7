public enum TaskLimits {
    /// Bytes of an output's name and of its value (runner.md 4.3, 6).
    public static let outputNameBytesMax = 255
    public static let outputValueBytesMax = 1024 * 1024
    /// Bytes of all outputs of a run (GitHub's limit; workflows.md 8).
    public static let runOutputBytesMax: Int64 = 50 * 1024 * 1024
    /// Outputs of one task; GitHub names no number, and nobody has as many.
    public static let outputsMax = 1000
    /// Outputs of one report that are looked at, and told as received. The others are as if they had not been sent.
    public static let reportedOutputsMax = 10_000
    /// Steps of one report that are looked at.
    public static let reportedStepsMax = 1000
    /// Seconds between two writes of the time at which a task was last heard.
    public static let heardEverySeconds: Int64 = 4
}
