import FoundationEssentials

/// The compact form of a JSON Web Token (RFC 7515): header, claims and signature, base64url without padding.
public enum JWT {
    /// Ours are below 2 KiB.
    public static let bytesMax = 8192

    public struct Header: Codable, Equatable {
        public var alg: String
        public var typ: String? = "JWT"
        public var kid: String?
        /// What a reader must understand; we understand nothing beyond the standard (RFC 7515 4.1.11).
        public var crit: [String]?

        public init(alg: String, kid: String? = nil) {
            self.alg = alg
            self.kid = kid
        }
    }

    public struct Parts {
        public let header: Header
        public let claims: [UInt8]
        public let signedText: [UInt8]
        public let signature: [UInt8]
    }

    public static func make(_ header: Header, claims: some Encodable, sign: ([UInt8]) throws -> [UInt8]) throws
        -> String
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = base64URL(try encoder.encode(header)) + "." + base64URL(try encoder.encode(claims))
        return text + "." + base64URL(Data(try sign(Array(text.utf8))))
    }

    /// Nothing is verified; nil when it is no token at all.
    public static func parts(_ text: String) -> Parts? {
        guard text.utf8.count <= bytesMax else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = bytes(parts[0]), let claims = bytes(parts[1]),
            let signature = bytes(parts[2]), let parsed = try? JSONDecoder().decode(Header.self, from: Data(header))
        else { return nil }
        return Parts(
            header: parsed, claims: claims, signedText: Array("\(parts[0]).\(parts[1])".utf8), signature: signature)
    }

    public static func base64URL(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Lenient about unused bits at the end; who must have one spelling compares with ``base64URL(_:)``.
    public static func bytes(_ text: Substring) -> [UInt8]? {
        guard !text.utf8.contains(where: { "+/=".utf8.contains($0) }) else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)).map {
            Array($0)
        }
    }
}
