import Domain
import Postgres
import Web

/// What a browser shows of a failure: what happened, what to do, and where the nearest thing is that exists and may be seen.
struct ErrorPage: PageModel {
    static let template = Template.error

    let head: PageHead
    let words: String
    /// What to do; nil when the words say it.
    let advice: String?
    let ways: [Crumb]
    /// Of a fault alone: whoever runs the server needs it.
    let requestID: String?
}

extension App {
    /// The page of a failure; nil for a program, which is told the words as text.
    func errorPage(_ error: any Error, _ request: Request) -> Response? {
        guard request.takesHTML else { return nil }
        let failure = Failure(describing: error).traced
        if failure.kind == .unauthenticated, request.method == "GET", request.header("Authorization") == nil {
            return .seeOther(LoginRoutes.address(goingOnTo: request))
        }
        let status = failure.kind.restStatus
        // Whoever cannot be told apart now is nobody, and sees what everybody sees.
        let caller =
            failure.kind == .busy ? .anonymous : (try? authenticate(request, orElse: .repository)) ?? .anonymous
        let missing = failure.kind == .missing && failure.message == "not found"
        let page = ErrorPage(
            head: PageHead(Self.title(failure.kind), caller: caller),
            words: missing
                ? "There is nothing at \(request.rawPath.prefix(300)), or you may not see it." : failure.message,
            advice: Self.advice(failure.kind, isNobody: caller.principal == .anonymous),
            ways: failure.kind == .busy ? [] : ways(from: request, caller),
            requestID: failure.kind == .fault || failure.kind == .busy ? request.requestID : nil)
        return try? page.response(status)
    }

    private static func title(_ kind: Failure.Kind) -> String {
        switch kind {
        case .missing: "Not found"
        case .gone: "No longer here"
        case .forbidden: "Not allowed"
        case .unauthenticated: "Log in to see this page"
        case .busy: "Busy"
        case .fault: "Something broke here"
        default: "This did not work"
        }
    }

    private static func advice(_ kind: Failure.Kind, isNobody: Bool) -> String? {
        switch kind {
        case .missing: isNobody ? "Log in if it is private; else check the address." : "Check the address."
        case .unauthenticated: "Log in, then go back and send it again."
        case .forbidden: isNobody ? "Log in with an account that may." : "Ask an owner of it for access."
        case .busy: "Wait a few seconds, then load the page again."
        case .fault: "Load the page again; if it happens again, tell whoever runs this server."
        default: nil
        }
    }

    /// The nearest pages above the one asked for that exist and may be seen.
    private func ways(from request: Request, _ caller: Caller) -> [Crumb] {
        var ways: [Crumb] = []
        let parts = request.segments
        if let owner = parts.first, owner != "-", !owner.utf8.contains(0), parts.count > 1, !parts[1].utf8.contains(0),
            let repository = try? repositories.repository(owner: owner, name: parts[1], seenBy: caller.account),
            authorize(caller.principal, .read, of: .actions, on: repository.facts) == .allowed
        {
            if parts.count > 2 {
                ways.append(Crumb(name: "Runs of \(repository.fullName)", link: "/\(repository.fullName)/actions"))
            }
            ways.append(Crumb(name: repository.fullName, link: "/\(repository.fullName)"))
        }
        return ways + [Crumb(name: "Dashboard", link: "/")]
    }
}

extension Request {
    /// A browser that wants a page; git, curl and scripts ask for anything.
    var takesHTML: Bool { header("Accept")?.contains("text/html") == true }
}
