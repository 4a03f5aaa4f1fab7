/// What a pusher says beside the refs: `git push -o ci.skip -o topic=x`.
public struct PushOptions: Equatable, Sendable {
    /// The push starts no workflow (workflows.md 20.5).
    public let skips: Bool
    /// Of a pull request; nil when it is not said.
    public let topic: String?
    public let title: String?
    public let description: String?

    public static let none = PushOptions([])

    /// - Parameter texts: each as it was given; unknown ones mean nothing. Of one given twice the last counts.
    public init(_ texts: [String]) {
        var said: [String: String] = [:]
        for text in texts.prefix(Limits.countMax) {
            let sides = text.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                .map { String(decoding: $0.filter { $0 != 0 }, as: UTF8.self) }
            said[sides[0]] = sides.count > 1 ? sides[1] : ""
        }
        skips = said["ci.skip"].map { $0 != "false" } ?? false
        topic = said["topic"]
        title = said["title"]
        description = said["description"]
    }

    public enum Limits {
        /// Options that are looked at.
        public static let countMax = 64
        /// Bytes of one that the inbox keeps.
        public static let keptBytesMax = 1024
    }
}
