import FoundationEssentials

/// What an ID token says (OpenID Connect Core 1.0, section 2); its signature was verified before.
public struct IDTokenClaims: Decodable, Sendable {
    public let iss: String
    public let sub: String
    /// One audience or several.
    public let aud: Audience
    public let exp: Double
    public let iat: Double?
    public let nbf: Double?
    public let nonce: String?
    public let azp: String?
    public let email: String?
    public let email_verified: Verified?
    public let preferred_username: String?
    public let name: String?

    public enum Audience: Decodable, Equatable, Sendable {
        case one(String)
        case several([String])

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                self = .one(one)
            } else {
                self = .several(try container.decode([String].self))
            }
        }
        var all: [String] {
            switch self {
            case .one(let one): [one]
            case .several(let several): several
            }
        }
    }

    /// Some servers write it as a text; what is neither is not verified.
    public struct Verified: Decodable, Sendable {
        public let isTrue: Bool
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            isTrue = (try? container.decode(Bool.self)) ?? ((try? container.decode(String.self)) == "true")
        }
    }

    /// The mail address, if the server says that it is theirs.
    public var verifiedEmail: String? { email_verified?.isTrue == true ? email : nil }
}

public enum IDTokenLimits {
    /// Clocks of two servers may differ by so much.
    public static let leewaySeconds: Double = 60
    /// OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
    public static let subjectBytesMax = 255
}

/// Why an ID token is not believed.
public enum IDTokenRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case issuer(String)
    case audience
    case expired
    case notYet
    case nonce
    case subject

    public var description: String {
        switch self {
        case .issuer(let other): "it is of the issuer \"\(other.prefix(200))\""
        case .audience: "it is for another client"
        case .expired: "it has expired"
        case .notYet: "it is of the future"
        case .nonce: "it belongs to another log-in"
        case .subject: "it names nobody"
        }
    }
}

/// Checks what OpenID Connect Core 1.0, section 3.1.3.7 asks for, but for the signature.
public func checkIDToken(
    _ claims: IDTokenClaims, issuer: String, client: String, nonce: String, now: Instant
) throws(IDTokenRefusal) {
    guard claims.iss == issuer else { throw .issuer(claims.iss) }
    let audiences = claims.aud.all
    guard audiences.contains(client), claims.azp == nil || claims.azp == client,
        audiences.count == 1 || claims.azp == client
    else { throw .audience }
    let seconds = Double(now.microseconds) / 1_000_000
    guard claims.exp.isFinite, claims.exp + IDTokenLimits.leewaySeconds > seconds else { throw .expired }
    for moment in [claims.iat, claims.nbf].compactMap(\.self) {
        guard moment - IDTokenLimits.leewaySeconds <= seconds else { throw .notYet }
    }
    guard claims.nonce == nonce else { throw .nonce }
    guard !claims.sub.isEmpty, claims.sub.utf8.count <= IDTokenLimits.subjectBytesMax,
        claims.sub.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { throw .subject }
}

/// Names for an account that is made for somebody of another server, in the order in which they are tried.
public func accountNames(for preferred: String?, email: String?) -> [String] {
    let local = email?.utf8.split(separator: UInt8(ascii: "@")).first.map { String(Substring($0)) }
    let stems = [preferred, local].compactMap(\.self).map { text in
        let kept = text.utf8.map { byte -> UInt8 in
            let isKept =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
                || byte == 46 || byte == 95
            return isKept ? byte : UInt8(ascii: "-")
        }
        let isEdge = { (byte: UInt8) in byte == 45 || byte == 46 || byte == 95 }
        let trimmed = kept.drop(while: isEdge).prefix(AccountLimits.nameBytesMax - 3)
        return String(decoding: trimmed.reversed().drop(while: isEdge).reversed(), as: UTF8.self)
    }
    return stems.filter { !$0.isEmpty }.flatMap { stem in [stem] + (2...9).map { "\(stem)-\($0)" } }
        .filter { whyNoAccountName($0) == nil }
}
