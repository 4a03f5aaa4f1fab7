/// What one expression may cost. Its text and its contexts come from whoever may push.
public enum ExpressionLimits {
    /// Characters of one expression (workflows.md 11, GitHub).
    public static let charactersMax = 21_000
    /// Levels of its tree. The evaluator recurses once for each (workflows.md 11).
    public static let depthMax = 50
    /// Levels of a JSON text. Nobody nests data deeper; values are freed by recursion.
    public static let jsonDepthMax = 100
    /// Bytes of the values that one evaluation makes (workflows.md 11; GitHub's parser has the same cap).
    public static let valueBytesMax = 10 * 1024 * 1024
    /// Bytes that the evaluations under one budget may make or look at: `contains` makes nothing and may read much.
    public static let workBytesMax = 64 * 1024 * 1024
    /// What a value costs beside its text, and what one step of an evaluation counts as.
    static let valueBytes = 32
    /// Characters of an expression quoted in a message; a diagnostic is one line of 500.
    static let quotedCharactersMax = 200
}
