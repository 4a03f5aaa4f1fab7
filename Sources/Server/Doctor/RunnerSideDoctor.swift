import Client
import Foundation
import FoundationNetworking
import Web

/// What runners and the artifact actions meet on their way here: names, proxies, their limits. Needs nothing but an address.
package struct RunnerSideDoctor: Sendable {
    let base: String
    private let client = HTTPClient()

    package init(base: String) { self.base = base }

    /// Whether Millrace answers at the addresses that clients make up from the base.
    package func reach() async -> [Diagnosis] {
        var found: [Diagnosis] = []
        guard let ready = await answer("GET", base + "/readyz") else {
            return [
                .problem(
                    base, "does not answer from here; is this the address that runners are given (server.public_url)?")
            ]
        }
        found.append(
            ready.status == 200
                ? .ok(base, "answers")
                : .problem(base, "/readyz answers \(ready.status); is an instance running, and PostgreSQL?"))
        // v4 clients keep nothing but scheme, host and port of ACTIONS_RESULTS_URL (artifacts.md 1.1).
        guard let parts = URLComponents(string: base) else { return found }
        let origin = "\(parts.scheme ?? "http")://\(parts.host ?? "")\(parts.port.map { ":\($0)" } ?? "")"
        let twirp = origin + ArtifactV4Routes.service + "/ListArtifacts"
        let said = await answer("POST", twirp, body: Data("{}".utf8), type: "application/json")
        if said?.status == 401,
            said.map({ String(decoding: $0.body, as: UTF8.self).contains("unauthenticated") }) == true
        {
            found.append(.ok(twirp, "reaches Millrace"))
        } else {
            found.append(
                .problem(
                    twirp,
                    "is answered with \(said.map { "\($0.status)" } ?? "nothing") by something else; the front server must hand /twirp/ of this host to Millrace"
                ))
        }
        return found
    }

    /// Sends a body of so many bytes the way that blocks of artifacts go.
    package func send(bytes: Int64, to address: String) async -> Diagnosis {
        let subject = "upload of \(sizeWords(bytes))"
        guard let said = await answer("PUT", address, body: Data(count: Int(bytes)), type: "application/octet-stream")
        else {
            return .problem(subject, "the connection broke; a proxy between may cut off large or slow bodies")
        }
        switch said.status {
        case 201: return .ok(subject, "arrives")
        case 413 where said.header("x-ms-error-code") == nil:
            return .problem(
                subject, "a proxy between refuses it (413); raise its limit for bodies, in nginx: client_max_body_size")
        case 413:
            return .problem(
                subject, "is over client_max_body_size of the uploads' location; set it above artifacts.block_bytes_max"
            )
        case 403:
            return .problem(
                subject, "the address is wrong or too old (403); get a new one by: millrace doctor --print-probes")
        default:
            let words = String(decoding: said.body.prefix(300), as: UTF8.self)
            return .problem(subject, "is answered with \(said.status): \(words)")
        }
    }

    private func answer(_ method: String, _ address: String, body: Data? = nil, type: String? = nil) async
        -> HTTPAnswer?
    {
        guard let url = URL(string: address) else { return nil }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        return try? await client.send(request, body: body)
    }
}
