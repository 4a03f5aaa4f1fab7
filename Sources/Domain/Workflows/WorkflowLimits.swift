/// What one workflow file may cost. A file comes from whoever may push, so each number bounds work, not taste.
public enum WorkflowLimits {
    /// Bytes of one file. GitHub's parser and Gitea have the same cap (workflows.md 2, P `ParseOptions`).
    public static let fileBytesMax = 1024 * 1024
    /// Levels of nesting. The composer of Yams recurses; 50 levels fit a stack of 256 KiB (workflows.md 3.7, P `MaxDepth`).
    public static let depthMax = 50
    /// Nodes made by copying anchored nodes (workflows.md 3.5, Gitea `jobparser/aliases.go`).
    public static let aliasNodesMax = 50_000
    /// Errors reported of one file, and characters of one message (workflows.md 16, P `MaxErrors`).
    public static let errorsMax = 10
    public static let messageCharactersMax = 500
    /// Jobs of one run, matrix legs included (workflows.md 9.8, Gitea).
    public static let jobsMax = 256
    /// Characters of a job id (workflows.md 8: under 100) and of a job's shown name (P `JobNameBuilder`).
    public static let jobIDCharactersMax = 99
    public static let jobNameCharactersMax = 100
    /// Bytes of a step's shown name; a column and a list row hold it.
    public static let stepNameBytesMax = 255
    /// Bytes of a mapping key. libyaml refuses simple keys of more than 1024 characters (workflows.md 15).
    public static let keyBytesMax = 1024
}
