/// Whether a text can be the name of a repository.
///
/// - Returns: why it cannot; nil when it can.
public func whyNoRepositoryName(_ name: String) -> String? {
    guard (1...RepositoryLimits.nameBytesMax).contains(name.utf8.count),
        name.utf8.allSatisfy({ byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        })
    else { return "it must be 1 to \(RepositoryLimits.nameBytesMax) of letters, digits, . _ -" }
    guard name.utf8.contains(where: { $0 != UInt8(ascii: ".") }) else { return "it has nothing but dots" }
    return whyReserved(repository: name)
}

public enum RepositoryLimits {
    public static let nameBytesMax = 100
    /// Each stands in the event of every push, escaped.
    public static let descriptionBytesMax = 2048
    public static let websiteBytesMax = 1024
    /// A part of a name that a search looks for.
    public static let searchBytesMax = 255
}
