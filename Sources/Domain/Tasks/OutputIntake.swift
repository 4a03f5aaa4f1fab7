/// How many outputs a task and its run may have, and how large.
public struct OutputLimits: Equatable, Sendable {
    public var nameBytesMax = TaskLimits.outputNameBytesMax
    public var valueBytesMax = TaskLimits.outputValueBytesMax
    public var runBytesMax = TaskLimits.runOutputBytesMax
    public var outputsMax = TaskLimits.outputsMax

    public init() {}
}

/// What becomes of the outputs of one report. All of them are told as received, or clients would send them for ever
/// (runner.md 4.3.7).
public struct OutputIntake: Equatable, Sendable {
    /// New ones, to be stored with their value.
    public private(set) var stored: [JobOutput] = []
    /// New ones that are too large: the name alone is stored.
    public private(set) var refused: [String] = []
    /// Names that are not stored at all: too many, too long, none.
    public private(set) var dropped: [String] = []

    /// The first value of a name wins.
    ///
    /// - Parameters:
    ///   - known: names that the task has already.
    ///   - runBytes: of all outputs that the run's tasks have already.
    public init(_ sent: [JobOutput], known: Set<String>, runBytes: Int64, limits: OutputLimits = OutputLimits()) {
        var room = limits.runBytesMax - runBytes
        var places = limits.outputsMax - known.count
        for output in sent.sorted(by: { $0.name < $1.name }) where !known.contains(output.name) {
            let size = output.value.utf8.count
            guard places > 0, !output.name.isEmpty, output.name.utf8.count <= limits.nameBytesMax,
                !output.name.utf8.contains(0)
            else {
                dropped.append(output.name)
                continue
            }
            places -= 1
            if size <= limits.valueBytesMax, Int64(size) <= room, !output.value.utf8.contains(0) {
                room -= Int64(size)
                stored.append(output)
            } else {
                refused.append(output.name)
            }
        }
    }
}
