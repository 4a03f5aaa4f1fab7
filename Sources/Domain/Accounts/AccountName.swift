/// Limits of what people say of themselves, in bytes.
public enum AccountLimits {
    public static let nameBytesMax = 40
    public static let fullNameBytesMax = 255
    public static let emailBytesMax = 254
    public static let websiteBytesMax = 255
    public static let locationBytesMax = 255
    public static let descriptionBytesMax = 2048
    public static let passwordBytesMin = 8
    public static let tokenNameBytesMax = 255
    public static let teamNameBytesMax = 255
    /// Teams that a repository is given to as it is handed over.
    public static let teamsAtOnceMax = 50
    /// A part of a name that a search looks for.
    public static let searchBytesMax = 255
}

/// Whether a text can be the name of a person or an organization.
///
/// - Returns: why it cannot; nil when it can.
public func whyNoAccountName(_ name: String) -> String? {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    let bytes = Array(name.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= AccountLimits.nameBytesMax,
        isAlphanumeric(first), isAlphanumeric(last),
        bytes.allSatisfy({ isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 })
    else {
        return
            "it must be 1 to \(AccountLimits.nameBytesMax) of letters, digits, . _ - and begin and end with a letter or digit"
    }
    return whyReserved(account: name)
}

/// Whether a text looks like a mail address; nobody sends mail there to find out.
public func isMailAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= AccountLimits.emailBytesMax
        && text.utf8.allSatisfy { $0 > 32 && $0 != 127 && ![60, 62, 44, 59].contains($0) }
        && text.utf8.first != UInt8(ascii: "-")
}
