/// Bytes of an event that are looked at for its commit.
public let commitSubjectEventBytesMax: Int64 = 256 * 1024

/// The first line of the message of the commit that an event is about; nil when it names none, or is no event that we wrote.
///
/// - Parameter event: JSON, at most `commitSubjectEventBytesMax` bytes.
public func commitSubject(ofEvent event: String) -> String? {
    let text = Array(event.utf8)
    guard let members = try? jsonMembers(text[...]),
        let head = members.first(where: { $0.key == "head_commit" })?.value,
        let message = try? jsonMembers(head).first(where: { $0.key == "message" })?.text()
    else { return nil }
    let line = String(decoding: message.utf8.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(300), as: UTF8.self)
    return line.isEmpty ? nil : line
}
