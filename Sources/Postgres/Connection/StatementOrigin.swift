/// For whom statements are run: PostgreSQL is told as `application_name`, so that a statement that is slow, blocked or in
/// PostgreSQL's log leads back to its request.
public enum StatementOrigin {
    /// The request's id, 32 hexadecimal digits; nil for housekeeping and commands.
    @TaskLocal public static var requestID: String?

    /// At most 63 bytes, PostgreSQL's limit for a name.
    static var applicationName: String { requestID.map { "\(nobody) \($0)" } ?? nobody }
    /// What the pool's connections are called from the start.
    static let nobody = "millrace"
}
