import Crypto
import CryptoExtras
import Domain
import Foundation
import Synchronization
import Web

/// The other server of a log-in: its addresses and keys, the exchange of a code, the check of a token (docs/adr/0038).
final class OpenIDProvider: Sendable {
    /// Its discovery document (OpenID Connect Discovery 1.0, section 3), as far as it is asked.
    struct Document: Decodable, Sendable {
        let issuer: String
        let authorization_endpoint: String
        let token_endpoint: String
        let jwks_uri: String
        let token_endpoint_auth_methods_supported: [String]?
    }

    /// Its keys (RFC 7517).
    struct KeySet: Decodable, Sendable {
        struct Key: Decodable, Sendable {
            let kty: String
            let kid: String?
            let use: String?
            let alg: String?
            let n: String?
            let e: String?
            let crv: String?
            let x: String?
            let y: String?
        }
        let keys: [Key]
    }

    private struct Tokens: Decodable {
        let id_token: String?
    }

    private struct State {
        var document: (Document, at: Int64)?
        var keys: (KeySet, at: Int64)?
    }
    private static let documentMicroseconds: Int64 = 3_600_000_000
    /// A key that is not known is looked for at most this often.
    private static let keysMicroseconds: Int64 = 60_000_000

    private let state = Mutex(State())
    /// Whoever waits for it holds a thread.
    private let places: Turnstile

    init(placesMax: Int) { places = Turnstile(placesMax: placesMax) }

    private func problem(_ words: String) -> Failure {
        Failure(.busy, "the server that you log in by did not answer as it should: \(words)")
    }

    func document(_ configuration: OIDCConfiguration) throws -> Document {
        let now = Clock.monotonicMicroseconds()
        if let (known, at) = state.withLock({ $0.document }), now - at < Self.documentMicroseconds { return known }
        let base = configuration.issuer.hasSuffix("/") ? String(configuration.issuer.dropLast()) : configuration.issuer
        let found: Document = try fetch("\(base)/.well-known/openid-configuration")
        guard found.issuer == configuration.issuer else {
            throw problem("it calls itself \"\(found.issuer.prefix(200))\", not \"\(configuration.issuer)\"")
        }
        // With TLS all of it is asked with TLS.
        let scheme = configuration.issuer.hasPrefix("https://") ? "https://" : "http"
        for address in [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]
        where !address.hasPrefix(scheme) || address.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            throw problem("it names the address \"\(address.prefix(200))\"")
        }
        state.withLock { $0.document = (found, now) }
        return found
    }

    private func fetch<Value: Decodable>(_ address: String) throws -> Value {
        var request = OutgoingRequest("GET", address)
        request.headers = [("Accept", "application/json")]
        return try read(request)
    }

    private func read<Value: Decodable>(_ request: OutgoingRequest) throws -> Value {
        guard let place = places.enter() else {
            throw Failure(.busy, "too many log-ins are under way; try again in a moment")
        }
        defer { withExtendedLifetime(place) {} }
        let answer: OutgoingRequest.Answer
        do { answer = try request.send() } catch let error as OutgoingRequest.Problem {
            throw problem(error.description)
        }
        guard answer.status == 200, !answer.isCut else { throw problem("its answer has the status \(answer.status)") }
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(answer.body)) else {
            throw problem("its answer is not what OpenID Connect says")
        }
        return value
    }

    // MARK: the code

    /// What the token endpoint gives for a code; the token's signature and claims are checked.
    ///
    /// - Throws: 403 for a token that is not believed, `.busy` for a server that is away.
    func claims(
        for code: String, verifier: String, nonce: String, redirect: String, _ configuration: OIDCConfiguration,
        now: Instant
    ) throws -> IDTokenClaims {
        let document = try document(configuration)
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ]
        var request = OutgoingRequest("POST", document.token_endpoint)
        request.headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        if let secret = try secret(configuration) {
            let methods = document.token_endpoint_auth_methods_supported ?? ["client_secret_basic"]
            if methods.contains("client_secret_basic") || !methods.contains("client_secret_post") {
                // RFC 6749, 2.3.1: both are encoded first.
                let pair = "\(percentEncoded(configuration.clientID)):\(percentEncoded(secret))"
                request.headers.append(("Authorization", "Basic \(Data(pair.utf8).base64EncodedString())"))
            } else {
                fields += [("client_id", configuration.clientID), ("client_secret", secret)]
            }
        } else {
            fields.append(("client_id", configuration.clientID))
        }
        request.body = Array(fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&").utf8)
        let tokens: Tokens = try read(request)
        guard let text = tokens.id_token else { throw problem("it gave no ID token") }
        let claims = try verified(text, configuration)
        do {
            try checkIDToken(
                claims, issuer: configuration.issuer, client: configuration.clientID, nonce: nonce, now: now)
        } catch {
            throw Failure(.forbidden, "the token that the other server gave is not believed: \(error)")
        }
        return claims
    }

    private func secret(_ configuration: OIDCConfiguration) throws -> String? {
        guard !configuration.clientSecretFile.isEmpty else { return nil }
        guard let text = try? String(contentsOfFile: configuration.clientSecretFile, encoding: .utf8),
            let line = text.textLines.first, !line.isEmpty
        else {
            throw Failure(.fault, "could not read login.oidc_client_secret_file \"\(configuration.clientSecretFile)\"")
        }
        return String(line)
    }

    // MARK: the signature

    private func verified(_ text: String, _ configuration: OIDCConfiguration) throws -> IDTokenClaims {
        func refused(_ words: String) -> Failure {
            Failure(.forbidden, "the token that the other server gave is not believed: \(words)")
        }
        guard let parts = JWT.parts(text) else { throw refused("it cannot be read") }
        // What must be understood is not.
        guard parts.header.crit == nil else { throw refused("it asks for more than this server understands") }
        guard ["RS256", "ES256"].contains(parts.header.alg) else {
            throw refused("it is signed by \"\(parts.header.alg.prefix(20))\"; RS256 and ES256 are taken")
        }
        var isRight = Self.verifies(parts, try keys(configuration, isFresh: false))
        // The server may have new keys.
        if !isRight { isRight = Self.verifies(parts, try keys(configuration, isFresh: true)) }
        guard isRight else { throw refused("no key of that server has signed it") }
        guard let claims = try? JSONDecoder().decode(IDTokenClaims.self, from: Data(parts.claims)) else {
            throw refused("its claims cannot be read")
        }
        return claims
    }

    private func keys(_ configuration: OIDCConfiguration, isFresh: Bool) throws -> KeySet {
        let now = Clock.monotonicMicroseconds()
        if let (known, at) = state.withLock({ $0.keys }),
            now - at < (isFresh ? Self.keysMicroseconds : Self.documentMicroseconds)
        {
            return known
        }
        let found: KeySet = try fetch(try document(configuration).jwks_uri)
        state.withLock { $0.keys = (found, now) }
        return found
    }

    static func verifies(_ parts: JWT.Parts, _ set: KeySet) -> Bool {
        let fitting = set.keys.filter { key in
            (parts.header.kid == nil || key.kid == parts.header.kid) && (key.use ?? "sig") == "sig"
                && (key.alg ?? parts.header.alg) == parts.header.alg
        }
        return fitting.prefix(OpenIDLimits.keysTried).contains { verifies(parts, by: $0) }
    }

    /// The algorithm chooses the kind of key, never the key the algorithm.
    private static func verifies(_ parts: JWT.Parts, by key: KeySet.Key) -> Bool {
        func bytes(_ text: String?) -> [UInt8]? { text.flatMap { JWT.bytes(Substring($0)) } }
        switch parts.header.alg {
        case "RS256":
            guard key.kty == "RSA", let n = bytes(key.n), let e = bytes(key.e), n.count <= OpenIDLimits.modulusBytesMax,
                // Of 2048 bits at least; it throws for fewer.
                let known = try? _RSA.Signing.PublicKey(n: n, e: e)
            else { return false }
            return known.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: Data(parts.signature)),
                for: SHA256.hash(data: parts.signedText), padding: .insecurePKCS1v1_5)
        case "ES256":
            guard key.kty == "EC", key.crv == "P-256", let x = bytes(key.x), let y = bytes(key.y), x.count == 32,
                y.count == 32, let known = try? P256.Signing.PublicKey(x963Representation: [4] + x + y),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: Data(parts.signature))
            else { return false }
            return known.isValidSignature(signature, for: SHA256.hash(data: parts.signedText))
        default: return false
        }
    }
}

enum OpenIDLimits {
    /// Keys of one id that are tried; a set has a few.
    static let keysTried = 8
    /// Bytes of an RSA key: 8192 bits.
    static let modulusBytesMax = 1024
    /// How long somebody may take at the other server.
    static let attemptSeconds: Int64 = 600
    /// Bytes of a code.
    static let codeBytesMax = 4096
}
