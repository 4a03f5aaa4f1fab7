/// What one workflow file may cost. A file comes from whoever may push, so each number bounds work, not taste.
public enum WorkflowLimits {
    /// Bytes of one file. GitHub's parser and Gitea have the same cap (workflows.md 2, P `ParseOptions`).
    public static let fileBytesMax = 1024 * 1024
    /// Levels of nesting. The composer of Yams recurses; 50 levels fit a stack of 512 KiB, not 256, unoptimised
    /// (workflows.md 3.7, P `MaxDepth`).
    public static let depthMax = 50
    /// Nodes made by copying anchored nodes (workflows.md 3.5, Gitea `jobparser/aliases.go`).
    public static let aliasNodesMax = 50_000
    /// Bytes of text in nodes made by copying: one long scalar can have many aliases (P's result limit is 10 MiB).
    public static let aliasBytesMax = 10 * 1024 * 1024
    /// Bytes of all payloads of one run. Every leg of a matrix carries the whole job, so 1 MiB could become 256; a job of
    /// 2 000 lines with 256 legs has 23.
    public static let payloadBytesMax = 32 * 1024 * 1024
    /// Keys of a matrix, keys of one `include` or `exclude` item. 256 legs need no more than 8 that vary.
    public static let matrixKeysMax = 64
    /// Patterns of one filter and characters of one: both multiply with the changed paths of every push.
    public static let patternsMax = 128
    public static let patternCharactersMax = 255
    /// Lines of one `schedule`; each is a row.
    public static let schedulesMax = 100
    /// Errors reported of one file, and characters of one message (workflows.md 16, P `MaxErrors`).
    public static let errorsMax = 10
    public static let messageCharactersMax = 500
    /// Jobs of one run, matrix legs included (workflows.md 9.8, Gitea).
    public static let jobsMax = 256
    /// Characters of a job id (workflows.md 8: under 100) and of a job's shown name (P `JobNameBuilder`).
    public static let jobIDCharactersMax = 99
    public static let jobNameCharactersMax = 100
    /// Bytes of a job's shown name before it is cut: a character may carry any number of marks.
    public static let jobNameBytesMax = 1024
    /// Bytes of `name` and `run-name` as written; both are shown in one line.
    public static let nameBytesMax = 4096
    /// Labels of one job, and bytes of one: a runner's label has no more (`RunnerLimits`).
    public static let labelsMax = 32
    public static let labelBytesMax = 255
    /// Bytes of a job's labels together. PostgreSQL refuses index rows of more than 2 704 bytes (`label_set_labels_key`),
    /// and each label of an array takes up to 7 more.
    public static let labelsBytesMax = 2048
    /// Items of one `needs`; each is one of the jobs.
    public static let needsMax = jobsMax
    /// Steps of one job: each is a row of every task.
    public static let stepsMax = 1000
    /// Bytes of one step's `run`. What is longer belongs into a file of the repository.
    public static let scriptBytesMax = 256 * 1024
    /// Bytes of one job's payload, which a runner gets in one message.
    public static let jobPayloadBytesMax = 4 * 1024 * 1024
    /// Bytes of a file's path. Unique together with its push, so an index row holds it (`run_once_per_push`).
    public static let pathBytesMax = 1024
    /// Bytes of a step's shown name; a column and a list row hold it.
    public static let stepNameBytesMax = 255
    /// Bytes of a mapping key. libyaml refuses simple keys of more than 1024 characters (workflows.md 15).
    public static let keyBytesMax = 1024
}
