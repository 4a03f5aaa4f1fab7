import Foundation

/// The compact form of a JSON Web Token (RFC 7515): header, claims and signature, base64url without padding.
enum JWT {
    /// Ours are below 2 KiB.
    static let bytesMax = 8192

    struct Header: Codable, Equatable {
        var alg: String
        var typ: String? = "JWT"
        var kid: String?
        /// What a reader must understand; we understand nothing beyond the standard (RFC 7515 4.1.11).
        var crit: [String]?
    }

    struct Parts {
        let header: Header
        let claims: [UInt8]
        let signedText: [UInt8]
        let signature: [UInt8]
    }

    static func make(_ header: Header, claims: some Encodable, sign: ([UInt8]) throws -> [UInt8]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = base64URL(try encoder.encode(header)) + "." + base64URL(try encoder.encode(claims))
        return text + "." + base64URL(Data(try sign(Array(text.utf8))))
    }

    /// Nothing is verified; nil when it is no token at all.
    static func parts(_ text: String) -> Parts? {
        guard text.utf8.count <= bytesMax else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = bytes(parts[0]), let claims = bytes(parts[1]),
            let signature = bytes(parts[2]), let parsed = try? JSONDecoder().decode(Header.self, from: Data(header))
        else { return nil }
        return Parts(
            header: parsed, claims: claims, signedText: Array("\(parts[0]).\(parts[1])".utf8), signature: signature)
    }

    static func base64URL(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Lenient about unused bits at the end; who must have one spelling compares with ``base64URL(_:)``.
    static func bytes(_ text: Substring) -> [UInt8]? {
        guard !text.utf8.contains(where: { "+/=".utf8.contains($0) }) else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)).map {
            Array($0)
        }
    }
}
