/// A part of a list in falling order of id.
public struct ListPart: Equatable, Sendable {
    public let limit: Int64
    /// Rows to leave out; 0 with `before`.
    public let offset: Int64
    /// Only ids below this one.
    public let before: Int64?

    public init(limit: Int64, offset: Int64 = 0, before: Int64? = nil) {
        self.limit = limit
        self.offset = offset
        self.before = before
    }
}
