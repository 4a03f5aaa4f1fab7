import Crypto
import CryptoExtras
import Domain
import Foundation
import Postgres
import Web

/// The RSA keys that identity tokens are signed with (docs/adr/0012).
package struct IdentityKeys {
    let app: App

    package init(app: App) {
        self.app = app
    }

    /// - Returns: an RS256 token.
    func sign(_ claims: [String: IdentityClaim]) throws -> String {
        let key = try signing()
        let privateKey = try _RSA.Signing.PrivateKey(
            derRepresentation: try app.keys.seal.open(key.sealed, at: place(key.kid)))
        return try JWT.make(JWT.Header(alg: "RS256", kid: key.kid), claims: claims.mapValues(ClaimText.init)) {
            // PKCS #1 v1.5 is what RS256 is (RFC 7518 3.3); for signatures it has no known weakness.
            Array(try privateKey.signature(for: SHA256.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation)
        }
    }

    /// The key set as JSON (RFC 7517).
    func published() throws -> String {
        _ = try signing()
        let keys = try app.identityKeys.published().map { key in
            let modulus = JWT.base64URL(Data(key.modulus))
            let exponent = JWT.base64URL(Data(key.exponent))
            return #"{"kty":"RSA","use":"sig","alg":"RS256","kid":"\#(key.kid)","n":"\#(modulus)","e":"\#(exponent)"}"#
        }
        return #"{"keys":[\#(keys.joined(separator: ","))]}"#
    }

    /// - Returns: the new key's id.
    package func rotate() throws -> String {
        let key = try fresh()
        try app.identityKeys.rotate(to: key)
        return key.kid
    }

    /// The first is made by whoever needs it first.
    private func signing() throws -> (kid: String, sealed: [UInt8]) {
        if let key = try app.identityKeys.signing() { return key }
        try app.identityKeys.keepFirst(try fresh())
        guard let key = try app.identityKeys.signing() else {
            throw Failure(.busy, "the key of identity tokens is being made")
        }
        return key
    }

    private func fresh() throws -> FreshIdentityKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let numbers = try key.publicKey.getKeyPrimitives()
        // The thumbprint of RFC 7638: these members, in this order, without spaces.
        let members =
            #"{"e":"\#(JWT.base64URL(numbers.publicExponent))","kty":"RSA","n":"\#(JWT.base64URL(numbers.modulus))"}"#
        let kid = JWT.base64URL(Data(SHA256.hash(data: Array(members.utf8))))
        return FreshIdentityKey(
            kid: kid, modulus: Array(numbers.modulus), exponent: Array(numbers.publicExponent),
            sealed: try app.keys.seal.close(Array(key.pkcs8DERRepresentation), at: place(kid)))
    }

    private func place(_ kid: String) -> String { "identity_key " + kid }
}

/// A claim as JSON.
private struct ClaimText: Encodable {
    let claim: IdentityClaim
    init(_ claim: IdentityClaim) { self.claim = claim }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch claim {
        case .text(let text): try container.encode(text)
        case .seconds(let number): try container.encode(number)
        }
    }
}
