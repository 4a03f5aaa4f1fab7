import Domain
import Foundation
import Postgres
import Web

/// Who a request comes from, with the name shown to people.
struct Caller: Sendable {
    let principal: Principal
    package let name: String
    /// Who jobs are to people.
    static let jobName = "millrace-actions"
    static let anonymous = Caller(principal: .anonymous, name: "")
    var account: AccountID? {
        if case .account(let id, _) = principal { return id }
        return nil
    }
    /// The task whose token this is.
    var task: TaskID? { principal.job?.task }
    /// Why a job's token is refused by its own repository, in words; nil for everybody else.
    func lacks(_ wanted: RepositoryAccess, of scope: TokenPermissions.Scope, on repository: RepositoryFacts) -> String?
    {
        guard principal.job?.repository == repository.id else { return nil }
        return
            "the job's token lacks \"\(scope.rawValue): \(wanted == .read ? "read" : "write")\" in \"permissions\" of its workflow or job"
    }
}

extension App {
    /// - Throws: 403 for what a page of another site makes a browser send with the login that it remembers.
    func refuseOtherSites(_ request: Request, method: String) throws {
        let isBasic = request.header("Authorization")?.prefix(6).lowercased() == "basic "
        let isOurs = request.header("Origin").map { origin in
            guard let address = ClientAddress(origin) else { return false }
            return address == ClientAddress(configuration.publicURL) || configuration.addresses.contains(address)
        }
        guard
            !isFromAnotherSite(
                method: method, isLoginRemembered: isBasic, fetchSite: request.header("Sec-Fetch-Site"),
                isOurOrigin: isOurs)
        else {
            throw Failure(
                .forbidden,
                "this request was sent by a page of another site (\(request.header("Origin") ?? "unknown")); if it is one of "
                    + "this server's addresses, name it in server.addresses")
        }
    }

    /// Reads the credentials of rest.md 1 in all their forms. Bad ones are an error on every path, absent ones are not.
    func authenticate(_ request: Request) throws -> Caller {
        let caller = try identify(request)
        if let account = caller.account { RequestContext.current?.note("user_id", "\(account)") }
        if let task = caller.task { RequestContext.current?.note("task_id", "\(task)") }
        return caller
    }

    private func identify(_ request: Request) throws -> Caller {
        guard let header = request.header("Authorization") else { return .anonymous }
        let parts = header.split(byte: " ", maxSplits: 1)
        guard parts.count == 2 else { throw Failure(.unauthenticated, "the Authorization header has no credentials") }
        switch parts[0].lowercased() {
        case "token", "bearer":
            if let caller = try caller(token: parts[1]) { return caller }
        case "basic":
            guard let data = Data(base64Encoded: parts[1]) else {
                throw Failure(.unauthenticated, "the Basic credentials are not base64")
            }
            let pair = String(decoding: data, as: UTF8.self)
            let colon = pair.firstIndex(of: ":") ?? pair.endIndex
            let user = String(pair[..<colon])
            let password = colon == pair.endIndex ? "" : String(pair[pair.index(after: colon)...])
            // A token may stand as password (git) or as user name.
            for candidate in [password, user] {
                if let caller = try caller(token: candidate) { return caller }
            }
            let account = try accounts.account(named: user)
            let isRight = try caches.passwords.proves(
                password, of: user, stored: account.map { ($0.passwordHash, $0.passwordSalt) },
                from: request.parameters["REMOTE_ADDR"] ?? "")
            if let account, isRight {
                return Caller(principal: .account(account.id, isAdmin: account.isAdmin), name: account.name)
            }
        default: break
        }
        throw Failure(.unauthenticated, "user, password or token is wrong")
    }

    private func caller(token: String) throws -> Caller? {
        guard token.utf8.count == 40, token.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            return nil
        }
        let hash = Token.hash(token)
        if let account = try accounts.account(tokenHash: hash) {
            return Caller(principal: .account(account.id, isAdmin: account.isAdmin), name: account.name)
        }
        guard let live = try tasks.liveTask(tokenHash: hash) else { return nil }
        return Caller(
            principal: .job(live.task, repository: live.repository, permissions: live.permissions), name: Caller.jobName
        )
    }
}
