/// What a step's `uses` names.
enum ActionUse: Equatable {
    /// A directory of the workspace, without its leading "./".
    case local(String)
    case remote(RemoteAction)
    /// `docker://image`, and what is none of the forms; act says what it thinks of it.
    case other

    /// - Parameter text: `./path`, `owner/repo[/path]@ref`, or, as Gitea has it, `https://host/owner/repo[/path]@ref`.
    init(_ text: String) {
        if text.hasPrefix("./") {
            self = .local(String(text.dropFirst(2)))
            return
        }
        var host: String?
        var rest = Substring(text)
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            guard let slash = text.dropFirst(scheme.count).firstIndex(of: "/") else { break }
            host = String(text[..<slash])
            rest = text[text.index(after: slash)...]
        }
        guard let at = rest.firstIndex(of: "@") else {
            self = .other
            return
        }
        let parts = rest[..<at].utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let ref = String(rest[rest.index(after: at)...])
        guard parts.count >= 2, !parts.contains(""), !parts.contains(".."), !parts[0].hasSuffix(":"), !ref.isEmpty,
            !ref.hasPrefix("-")
        else {
            self = .other
            return
        }
        self = .remote(
            RemoteAction(
                server: host, owner: parts[0], repository: parts[1], path: parts.dropFirst(2).joined(separator: "/"),
                ref: ref))
    }
}

/// A published action.
struct RemoteAction: Hashable {
    /// nil: the address that the task's context gives.
    let server: String?
    let owner: String
    let repository: String
    /// Directory of the action in its repository; empty for the top.
    package let path: String
    let ref: String

    /// GitHub's checkout is not run: our own does what it does (``CheckoutAction``), also where there is no network.
    var isCheckout: Bool { owner.lowercased() == "actions" && repository.lowercased() == "checkout" }

    /// As act wants it: it knows no addresses in `uses`, so an action of a named server goes by a name that has the server in it.
    package var name: String {
        guard let server else { return "\(owner)/\(repository)" }
        let host = String(server.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" })
        return "\(host)-\(owner)/\(repository)"
    }
    var uses: String { "\(name)\(path.isEmpty ? "" : "/\(path)")@\(ref)" }
}
