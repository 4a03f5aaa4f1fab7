import Domain
import Foundation
import Postgres

@testable import Server
@testable import Web

/// A whole server on a private PostgreSQL, asked in process: routes, accesses, handlers and stores, without sockets.
///
/// Accounts: `ann` owns the repositories; `bob` writes to them, `carl` reads them, `eve` has nothing to do with them; `root`
/// looks after the site. Repositories: `ann/demo`, which everybody sees, and `ann/secret`. Organization: `guild`,
/// which `ann` owns.
package final class TestApp: Sendable {
    package enum Who: String, CaseIterable, Sendable {
        case anonymous, eve, carl, bob, ann, root
        /// The token of a running job of `ann/secret`, with the permissions that jobs have by default.
        case job
        /// The same, whose workflow says `permissions: {actions: read}`.
        case readingJob
        /// The token of a running job of another repository.
        case otherJob
        /// A token of `ann` that reads everything and writes nothing.
        case reader
        /// A token of `ann` that may do everything with what everybody sees.
        case publicOnly
        /// Somebody who owned nothing and may not log in any more.
        case shut
        /// A token that is none.
        case liar
    }

    package struct Answer: Sendable {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        /// The body as JSON; nil when it is none.
        package var json: Any? { try? JSONSerialization.jsonObject(with: Data(body)) }
    }

    package let app: App
    package let router: Router<App>
    package let demo: RepositoryID
    package let secret: RepositoryID
    package let dsn: String
    private let directory: URL
    private let tokens: [Who: String]

    /// - Parameter hasMasterKey: without one, secrets are not served.
    package init(configuration text: String = "", hasMasterKey: Bool = true) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "millrace-app-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory
        dsn = try PrivatePostgres.migratedDatabase()
        var configuration = try Configuration.read(text, path: "test.yaml", environment: [:])
        configuration.databaseDSN = dsn
        configuration.storageDirectory = directory.path + "/storage"
        configuration.repositoriesDirectory = directory.path + "/repositories"
        if hasMasterKey {
            configuration.masterKeyFile = directory.path + "/master-key"
            try Self.writeMasterKeys([hex(Token.random(bytes: 32))], to: configuration.masterKeyFile)
        }
        app = try App(configuration: configuration, instance: "test")
        router = try Routes.router(app)
        var accounts: [String: AccountID] = [:]
        var tokens: [Who: String] = [.liar: Token.make()]
        for who in [Who.ann, .bob, .carl, .eve, .root] {
            let account = try app.accounts.create(
                name: who.rawValue, email: "\(who.rawValue)@example.com", isAdmin: who == .root,
                password: StoredPassword(hash: [1], salt: [1])
            ).id
            let token = Token.make()
            try app.accessTokens.add(
                to: account, name: "test", hash: Token.hash(token), lastEight: String(token.suffix(8)))
            accounts[who.rawValue] = account
            tokens[who] = token
        }
        guard let ann = accounts["ann"], let bob = accounts["bob"], let carl = accounts["carl"],
            let eve = accounts["eve"]
        else { throw Failure(.fault, "the accounts were not made") }
        demo = try app.repositories.create(owner: ann, name: "demo", isPrivate: false)
        secret = try app.repositories.create(owner: ann, name: "secret", isPrivate: true)
        let other = try app.repositories.create(owner: eve, name: "other", isPrivate: true)
        let connection = try Connection(dsn: dsn)
        _ = try app.accounts.createOrganization(name: "guild", owner: ann)
        for repository in [demo, secret] {
            try connection.script(
                """
                insert into collaborator (repository_id, account_id, permission)
                values (\(repository), \(bob), 'write'), (\(repository), \(carl), 'read')
                """)
        }
        for (who, repository, permissions) in [
            (Who.job, secret, TokenPermissions.unbounded.stored), (.readingJob, secret, "contents:read,actions:read"),
            (.otherJob, other, TokenPermissions.unbounded.stored),
        ] {
            tokens[who] = try Self.startJob(in: repository, permissions: permissions, connection)
        }
        for (who, scopes) in [
            (Who.reader, TokenScopes(stored: Self.readingScopes)),
            (.publicOnly, TokenScopes(stored: "public-only,all")),
        ] {
            tokens[who] = try Self.addToken(who, of: ann, scopes, app)
        }
        let shut = try app.accounts.create(name: "shut", email: "shut@example.com", password: nil).id
        tokens[.shut] = try Self.addToken(.shut, of: shut, .all, app)
        var edit = AccountEdit()
        edit.prohibitsLogin = true
        _ = try app.accounts.edit(shut, edit)
        self.tokens = tokens
    }

    private static let readingScopes =
        "read:activitypub,read:admin,read:misc,read:notification,read:organization,read:package,read:issue,"
        + "read:repository,read:user"

    private static func addToken(
        _ who: Who, of account: AccountID, _ scopes: TokenScopes, _ app: App
    ) throws -> String {
        let token = Token.make()
        try app.accessTokens.add(
            to: account, name: who.rawValue, hash: Token.hash(token), lastEight: String(token.suffix(8)), scopes: scopes
        )
        return token
    }

    /// A file as operators make it, one key a line.
    package static func writeMasterKeys(_ keys: [String], to path: String) throws {
        try (keys.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// A run with one running job.
    ///
    /// - Returns: the job's token.
    private static func startJob(
        in repository: RepositoryID, permissions: String, _ connection: Connection
    ) throws -> String {
        let token = Token.make()
        let hash = hex(Token.hash(token))
        try connection.script(
            """
            do $$
            declare run_ bigint; attempt_ bigint; job_ bigint; task_ bigint; label_ bigint; owner_ bigint;
            begin
                select owner_id into owner_ from repository where id = \(repository);
                insert into label_set (labels) values ('{linux}') on conflict do nothing;
                select id into label_ from label_set where labels = '{linux}';
                insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload,
                                 status)
                select \(repository), coalesce(max(number), 0) + 1, 'ci.yml', '.gitea/workflows/ci.yml', 'a push', 'push',
                       'refs/heads/main', repeat('a', 40), owner_, '{}', 6
                  from run where repository_id = \(repository)
                returning id into run_;
                insert into attempt (run_id, number, status) values (run_, 1, 6) returning id into attempt_;
                insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, step_names,
                                 payload, status, token_permissions)
                values (run_, attempt_, \(repository), owner_, 'build', 'build', 0, label_, '{build}', '', 7, '\(permissions)')
                returning id into job_;
                insert into task (job_id, status, token_hash, started_at)
                values (job_, 6, '\\x\(hash)', now()) returning id into task_;
                update job set status = 6, task_id = task_, started_at = now() where id = job_;
            end $$
            """)
        return token
    }

    /// The token of a running job, and the task that it is of.
    package func liveTask(_ who: Who) throws -> (token: String, task: LiveTask) {
        guard let token = tokens[who], let named = try app.tasks.liveTask(tokenHash: Token.hash(token)),
            let live = try app.tasks.liveTask(named.task)
        else { throw Failure(.fault, "\(who) is no running job") }
        return (token, live)
    }

    /// The header by which somebody says who they are.
    package func credentials(_ who: Who) -> [String: String] {
        tokens[who].map { ["Authorization": "token \($0)"] } ?? [:]
    }

    /// Logs somebody in as the page does, but for the password.
    ///
    /// - Returns: the header of the browser's cookie.
    package func signIn(_ who: Who) throws -> [String: String] {
        guard let account = try app.accounts.account(named: who.rawValue) else {
            throw Failure(.fault, "\(who) has no account")
        }
        let secret = Sessions.newSecret()
        _ = try app.sessions.add(
            to: account.id, hash: Token.hash(secret), password: nil, userAgent: "test", address: "127.0.0.1",
            now: Instant(microseconds: Clock.nowMicroseconds()))
        return ["Cookie": "millrace_session=\(secret)"]
    }

    /// What a form sends: `ask` for POST, with the token of a page of the same session.
    package func send(
        _ path: String, _ fields: [(String, String)] = [], headers: [String: String], token page: String
    ) throws -> Answer {
        let html = ask("GET", page, headers: headers).text
        guard let found = html.firstMatch(of: #/name="_token" value="(?<token>[0-9a-f]+)"/#) else {
            throw Failure(.fault, "\(page) has no form: \(html.prefix(500))")
        }
        return send(path, fields + [("_token", String(found.output.token))], headers: headers)
    }

    /// The same, without a token.
    package func send(_ path: String, _ fields: [(String, String)], headers: [String: String]) -> Answer {
        let body = fields.map { percentEncoded($0) + "=" + percentEncoded($1) }.joined(separator: "&")
        return ask(
            "POST", path,
            headers: headers.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 }, body: body)
    }

    /// - Parameter nginx: parameters that nginx adds, beside headers.
    package func request(
        _ method: String, _ path: String, as who: Who = .anonymous, headers: [String: String] = [:], body: [UInt8] = [],
        nginx: [String: String] = [:]
    ) -> Request {
        var parameters = nginx.merging([
            "REQUEST_METHOD": method, "REQUEST_URI": path, "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": "\(body.count)",
        ]) { $1 }
        for (name, value) in credentials(who).merging(headers, uniquingKeysWith: { $1 }) {
            let key = name.uppercased().replacing("-", with: "_")
            parameters[key == "CONTENT_TYPE" ? key : "HTTP_" + key] = value
        }
        return Request(parameters: Parameters(parameters), body: body)
    }

    /// What nginx would be answered.
    package func ask(
        _ method: String, _ path: String, as who: Who = .anonymous, headers: [String: String] = [:], body: String = ""
    ) -> Answer {
        let response = router.handle(
            request(method, path, as: who, headers: headers, body: Array(body.utf8)))
        var bytes = response.body
        if let stream = response.stream {
            try? stream.write {
                bytes += $0
                return true
            }
        }
        return Answer(status: response.status, headers: response.headers, body: bytes)
    }
}
