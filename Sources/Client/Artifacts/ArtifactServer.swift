import Domain
import Foundation
import FoundationNetworking

/// An artifact as the REST API shows it (rest.md 10).
package struct ListedArtifact: Codable, Equatable, Sendable {
    package struct Run: Codable, Equatable, Sendable { package let id: Int64 }

    package let id: Int64
    package let name: String
    package let bytes: Int64
    package let expired: Bool
    /// `sha256:` and 64 hexadecimal digits; an artifact of several files has none.
    package let digest: String?
    package let createdAt: String?
    package let expiresAt: String?
    package let run: Run?

    enum CodingKeys: String, CodingKey {
        case id, name, expired, digest
        case bytes = "size_in_bytes"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case run = "workflow_run"
    }
}

/// The artifacts of one repository on a server, by its REST API.
package struct ArtifactServer: Sendable {
    let base: String
    let repository: String
    let token: String?
    let http = HTTPClient()

    /// - Parameter repository: owner/name.
    package init(_ address: ServerAddress, repository: String, token: String?) throws {
        let names = repository.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else {
            throw ClientProblem.usage("repository \"\(repository)\" must be written as owner/name")
        }
        base = address.base
        self.repository = names.map(percentEncoded).joined(separator: "/")
        self.token = token
    }

    /// - Parameters:
    ///   - name: exactly; nil for all.
    ///   - run: only those of one run.
    /// - Returns: newest first.
    package func list(name: String? = nil, run: Int64? = nil) async throws -> [ListedArtifact] {
        struct Page: Decodable {
            package let artifacts: [ListedArtifact]
            let total: Int
            enum CodingKeys: String, CodingKey {
                case artifacts
                case total = "total_count"
            }
        }
        var found: [Int64: ListedArtifact] = [:]
        var number = 1
        while true {
            var query = "?per_page=\(ArtifactClientLimits.pageItems)&page=\(number)"
            if let name { query += "&name=\(percentEncoded(name))" }
            let path = "\(run.map { "/runs/\($0)" } ?? "")/artifacts\(query)"
            let page = try await decoded(Page.self, "list the artifacts of \(repository)", path)
            // New ones push others to the next page while we read: those come twice.
            for artifact in page.artifacts { found[artifact.id] = artifact }
            if page.artifacts.isEmpty || found.count >= page.total { break }
            number += 1
        }
        return found.values.sorted { $0.id > $1.id }
    }

    /// The artifact that a person means: digits are an id, all else a name.
    package func artifact(_ meant: String) async throws -> ListedArtifact {
        if let id = Int64(meant) {
            return try await decoded(ListedArtifact.self, "find artifact \(id) of \(repository)", "/artifacts/\(id)")
        }
        let found = try await list(name: meant)
        guard let newest = found.first(where: { !$0.expired }) ?? found.first else {
            throw ClientProblem.refused("\(repository) has no artifact \"\(meant)\"; see: millrace artifacts list")
        }
        return newest
    }

    /// Where its bytes are for the next hour, for whoever knows this address.
    func address(of artifact: Int64) async throws -> URL {
        let answer = try await ask("GET", "/artifacts/\(artifact)/zip")
        guard answer.status == 302, let location = answer.header("location"), let url = URL(string: location) else {
            throw answer.problem("get artifact \(artifact) of \(repository)")
        }
        return url
    }

    package func remove(_ artifact: Int64) async throws {
        let answer = try await patiently {
            let answer = try await ask("DELETE", "/artifacts/\(artifact)")
            guard answer.status == 204 else { throw answer.problem("remove artifact \(artifact) of \(repository)") }
            return answer
        }
        precondition(answer.status == 204, "another status was thrown")
    }

    private func decoded<T: Decodable>(_: T.Type, _ what: String, _ path: String) async throws -> T {
        try await patiently {
            let answer = try await ask("GET", path)
            guard answer.status == 200 else { throw answer.problem(what) }
            do { return try JSONDecoder().decode(T.self, from: answer.body) } catch {
                throw ClientProblem.refused(
                    "could not \(what): the answer is not the JSON of an artifact; is \(base) the server?")
            }
        }
    }

    private func ask(_ method: String, _ path: String) async throws -> HTTPAnswer {
        guard let url = URL(string: "\(base)/api/v1/repos/\(repository)/actions\(path)") else {
            throw ClientProblem.usage("address \"\(base)\" is not a URL")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        if let token { request.setValue("token \(token)", forHTTPHeaderField: "Authorization") }
        return try await http.send(request)
    }
}
