import Foundation
import FoundationNetworking

/// Why a command of the client ended; each kind has its exit status (STYLE 5).
package enum ClientProblem: Error, Equatable {
    /// The command line asks for what cannot be.
    case usage(String)
    /// The server, or what it sent, says no.
    case refused(String)
    /// The server has no such thing.
    case missing(String)
    /// No answer, or one that may be another in a moment.
    case unreachable(String)

    package var exitStatus: Int32 {
        switch self {
        case .refused, .missing: 1
        case .usage: 2
        case .unreachable: 3
        }
    }

    package var words: String {
        switch self {
        case .usage(let text), .refused(let text), .missing(let text), .unreachable(let text): text
        }
    }
}

/// Calls again after a pause while the problem is one that passes.
///
/// - Parameter progress: anything that changes when a try got further; the count of tries begins anew then.
func patiently<T>(progress: () -> Int64 = { 0 }, _ call: () async throws -> T) async throws -> T {
    var backoff = Backoff()
    var triesLeft = ArtifactClientLimits.triesMax
    var reached = progress()
    while true {
        do { return try await call() } catch let problem as ClientProblem {
            guard case .unreachable = problem else { throw problem }
            if progress() != reached {
                reached = progress()
                triesLeft = ArtifactClientLimits.triesMax
                backoff.reset()
            }
            triesLeft -= 1
            guard triesLeft > 0 else { throw problem }
            try await Task.sleep(for: backoff.pause())
        }
    }
}

extension HTTPAnswer {
    /// What the server says of a call that failed: ours in JSON (REST, twirp) or XML (uploads), a proxy's not at all.
    package var words: String {
        struct Wire: Decodable {
            package let message: String?
            let msg: String?
        }
        if let wire = try? JSONDecoder().decode(Wire.self, from: body), let text = wire.message ?? wire.msg {
            return "\(text) (HTTP \(status))"
        }
        let text = String(decoding: body, as: UTF8.self)
        if let from = text.range(of: "<Message>"), let to = text.range(of: "</Message>"),
            from.upperBound <= to.lowerBound
        {
            return "\(text[from.upperBound..<to.lowerBound]) (HTTP \(status))"
        }
        return "the server answered HTTP \(status)"
    }

    /// The problem that this answer is, when it is not the one that was wanted.
    package func problem(_ what: String) -> ClientProblem {
        let words = "could not \(what): \(words)"
        return switch status {
        case 429, 500, 502, 503, 504: .unreachable(words)
        case 404: .missing(words)
        default: .refused(words)
        }
    }
}
