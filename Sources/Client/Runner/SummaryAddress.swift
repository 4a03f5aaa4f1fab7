import Foundation

/// Where the summaries of a task's steps go (runner.md 6.6).
struct SummaryAddress {
    let token: String
    private let run: String
    private let job: Int64

    /// - Returns: nil when the server gave no runtime token that names the job.
    init?(_ context: TaskContext) {
        let names = ["gitea_runtime_token", "forgejo_runtime_token"]
        token = names.map { context[$0] }.first { !$0.isEmpty } ?? ""
        run = context["run_id"]
        struct Claims: Decodable { let JobID: Int64 }
        // Read, not verified: the server made it for itself.
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, !run.isEmpty else { return nil }
        var payload = String(Substring(parts[1])).replacing("-", with: "+").replacing("_", with: "/")
        while payload.utf8.count % 4 != 0 { payload += "=" }
        guard let bytes = Data(base64Encoded: payload),
            let claims = try? JSONDecoder().decode(Claims.self, from: bytes)
        else { return nil }
        job = claims.JobID
    }

    func step(_ position: Int) -> String { "\(run)/jobs/\(job)/steps/\(position)/summary" }
}
